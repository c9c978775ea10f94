#!/usr/bin/python3
"""Shows a picture on the whole display until Enter is pressed: show_image.py cat.png. Needs python3-hvfb and python3-pil."""
import sys, hvfb
from PIL import Image

with hvfb.Surface("show_image") as surface:
    surface.paste(Image.open(sys.argv[1]).resize(surface.mode))
    input("Enter ends it.")
