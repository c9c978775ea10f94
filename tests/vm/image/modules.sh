# Sourced by kernel, initrd and root: which of a kernel's modules the guest gets.
# shellcheck shell=bash
# shellcheck disable=SC2034
disk_modules=(virtio_pci virtio_blk ext4 crc32c_generic)
guest_modules=(9p 9pnet_virtio virtio-rng autofs4 uio uio_cif uio_pci_generic bochs virtio-gpu)

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
