# Sourced, after common.sh, by the scripts that run a command in this tree under another Debian. Needs root.
# shellcheck shell=bash

# Where this machine fetches Debian from; Debian's own servers if it does not say.
mirror() {
    apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
        awk -F'|' '$1 == "Debian" && $2 == "Debian" { uri = $3 } END { print uri ? uri : "http://deb.debian.org/debian" }'
}

# make_root LOG SUITE OPTION...: in $root, or not at all.
make_root() {
    local log=$1 suite=$2 keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    shift 2
    rm -rf --one-file-system "$root.new"
    # What is written need not survive a loss of power.
    mmdebstrap --mode=root --format=directory --variant=apt --components=main \
        --dpkgopt=force-unsafe-io --aptopt='Acquire::Languages "none"' --aptopt='Acquire::Retries "3"' \
        --aptopt='APT::Install-Recommends "false"' "$@" \
        "$suite" "$root.new" "deb [signed-by=$keyring] $(mirror) $suite main" >"$log" 2>&1 </dev/null || {
        rm -rf --one-file-system "$root.new"
        tail -n 30 "$log" >&2
        die "mmdebstrap could not make a Debian of suite $suite from $(mirror): is the archive within reach? All of it: $log"
    }
    mv "$root.new" "$root"
}

# use_root NAME SUITE WHAT OPTION...: $root is then a Debian of that suite. mmdebstrap makes it with these options the first time, and
# again when they have changed; WHAT says in a sentence what is made. This process holds its lock, and so does what it becomes.
use_root() {
    local name=$1 suite=$2 what=$3 log=$log_folder/$1.log key old
    local cache=${HVFBD_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/hvfbd}
    shift 3
    key=$({ printf '%s\n' "$suite" "$@"; declare -f make_root; } | sha256sum)
    root=$cache/$name-${key:0:12}
    mkdir -p "$cache"
    # Whoever uses a root holds its lock; one makes it, and the others wait for that.
    exec 8>"$root.lock"
    flock --shared 8
    [ ! -d "$root" ] || return 0
    # From one kind of lock to the other there is a moment without any, in which somebody may make it or remove it.
    until [ -d "$root" ]; do
        flock 8
        [ -d "$root" ] || { echo "Making $what ($log)"; make_root "$log" "$suite" "$@"; }
        flock --shared 8
    done
    # Those of other options, unless they are in use. Their locks stay: somebody may wait for one.
    for old in "$cache/$name"-*.lock; do
        [ "$old" = "$root.lock" ] ||
            flock --nonblock "$old" rm -rf --one-file-system "${old%.lock}" "${old%.lock}".{new,work} || true
    done
}

# enter_root BUILD COMMAND...: this process becomes the command, in the tree, which is at /srv/hvfbd in $root; its build/ is the
# folder BUILD of this machine. /proc, /sys, /dev, the network and the compiler cache are this machine's. $root has package mount.
enter_root() {
    local build=$1 compiler_cache='' repository
    shift
    # Of a work tree of git, what git knows is elsewhere.
    repository=$(git rev-parse --path-format=absolute --git-common-dir 2>/dev/null || true)
    [[ $repository != "$PWD"/* ]] || repository=''
    mkdir -p "$build"
    if command -v ccache >/dev/null; then
        compiler_cache=$(ccache --get-config cache_dir)
        mkdir -p "$compiler_cache"
    fi
    # A mount namespace that ends with the command. In it the root is a layer over what is kept.
    # shellcheck disable=SC2016
    exec unshare --mount --propagation private bash -euc '
        root=$1 tree=$2 build=$3 compiler_cache=$4 repository=$5
        shift 5
        # A folder of its own, so that the mount hides no tree, root or cache.
        mkdir -p "$root.work"
        mount -t tmpfs tmpfs "$root.work"
        mkdir "$root.work"/{upper,work,root}
        mount -t overlay overlay -o "lowerdir=$root,upperdir=$root.work/upper,workdir=$root.work/work" "$root.work/root"
        cd "$root.work/root"
        for folder in proc sys dev; do mount --rbind "/$folder" "$folder"; done
        for folder in run tmp; do mount -t tmpfs -o mode=1777 tmpfs "$folder"; done
        chmod 755 run
        [ ! -e /etc/resolv.conf ] || cp --remove-destination /etc/resolv.conf etc/
        mkdir -p srv/hvfbd srv/ccache
        mount --rbind "$tree" srv/hvfbd
        mount --bind "$tree/$build" srv/hvfbd/build
        [ -z "$compiler_cache" ] || mount --bind "$compiler_cache" srv/ccache
        [ -z "$repository" ] || { mkdir -p "./$repository" && mount --bind "$repository" "./$repository"; }
        export CCACHE_DIR=/srv/ccache HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin
        unset TMPDIR XDG_CACHE_HOME XDG_RUNTIME_DIR HVFBD_CACHE
        # The root of the namespace, and not of a process alone: containers are made in it.
        mkdir old-root
        pivot_root . old-root
        exec chroot . sh -c "umount --lazy old-root && rmdir old-root && cd /srv/hvfbd && exec \"\$@\"" "$0" "$@"' \
        "${0##*/}" "$root" "$PWD" "$build" "$compiler_cache" "$repository" "$@"
}
