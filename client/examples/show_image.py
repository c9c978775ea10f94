#!/usr/bin/python3
"""Shows a picture on the whole display until Enter is pressed: show_image.py cat.png. Needs python3-hvfb and python3-pil."""
import sys, hvfb
from PIL import Image

try:
    picture = Image.open(sys.argv[1])
    with hvfb.Surface("show_image") as surface:
        surface.paste(picture.resize(surface.mode))
        input("Enter ends it.")
except (OSError, IndexError) as error:  # no such file, no picture, no daemon; no file given
    sys.exit(f"show_image.py: {error if isinstance(error, OSError) else 'give the name of a picture'}")
