# Sourced by kernel, initrd and root: which of a kernel's modules the guest gets.
# shellcheck shell=bash
# shellcheck disable=SC2034
disk_modules=(virtio_pci virtio_blk ext4 crc32c_generic)
guest_modules=(9p 9pnet_virtio virtio-rng autofs4 uio uio_cif uio_pci_generic bochs virtio-gpu psmouse evdev vfb loop dm-crypt xts
    uinput uhid hid-generic virtio_console)
# Where none of them is, nor what they need: most of a kernel's modules, which depmod would unpack.
elsewhere=(sound net/{netfilter,sched,mac80211,bluetooth} fs/{btrfs,xfs,ocfs2,smb,nfs}
    drivers/{net,media,scsi,infiniband,usb,iio,platform,hwmon,staging,comedi,mtd,ata}
    drivers/input/{joystick,keyboard,tablet,touchscreen}
    drivers/gpu/drm/{amd,i915,nouveau,radeon,xe})

# module_files FOLDER NAME...: their files in FOLDER, and those of what they need, in the order of loading. What is built in
# has none.
module_files() {
    local folder=$1 name line file seen=' '
    shift
    for name; do
        line=$(grep -E "(^|/)${name//[-_]/[-_]}\.ko[^:]*:" "$folder/modules.dep" | head -1) || continue
        for file in $(tr ' ' '\n' <<<"${line#*:}" | tac) "${line%%:*}"; do
            case $seen in
                *" $file "*) ;;
                *) seen+="$file " && echo "$file" ;;
            esac
        done
    done
}
