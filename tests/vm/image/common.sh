# Sourced by the scripts of this folder. Everything is made in build/vm, and nothing of this machine's own is changed.
# shellcheck shell=bash
cd "$(dirname "${BASH_SOURCE[0]}")/../../.." || exit 1
made=$PWD/build/vm
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

die() {
    echo "tests/vm/image/${0##*/}: $*" >&2
    exit 1
}

# Where this machine fetches a suite from; Debian's own servers if it does not say.
mirror() {
    local suite=$1 default=http://deb.debian.org/debian
    [[ $suite != *-security ]] || default=http://deb.debian.org/debian-security
    apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 2>/dev/null |
        awk -v suite="$suite" -v uri=$default '$2 == suite { uri = $1 } END { print uri }'
}

# Lines of sources.list.
sources() {
    local suite
    for suite in "$@"; do echo "deb [signed-by=$keyring] $(mirror "${suite/-backports/}") $suite main"; done
}

# read_guest NAME: what image/guests says of it.
read_guest() {
    guest=$1
    read -r _ userland version flavour suites < <(awk -v guest="$1" '$1 == guest { $1 = ""; print }' tests/vm/image/guests)
    [ -n "${version:-}" ] || die "there is no guest $1: $(all_guests | paste -sd ' ')"
    read -ra suites <<<"$suites"
    read_userland "$userland"
}

# read_userland NAME: which is a suite, for amd64, or SUITE-ARCHITECTURE.
read_userland() {
    userland=$1 suite=${1%%-*} architecture=amd64
    [[ $1 != *-* ]] || architecture=${1#*-}
}

# Their names, one a line.
all_guests() {
    awk '!/^#/ { print $1 }' tests/vm/image/guests
}

# Those that are made: the words, or those of $HVFBD_GUESTS, or all that run always; one a line.
wanted_guests() {
    # shellcheck disable=SC2046
    [ $# != 0 ] || set -- ${HVFBD_GUESTS:-$(awk '$2 == "always" { print $1 }' tests/vm/image/guests)}
    printf '%s\n' "$@"
}

# userlands GUEST...: theirs, one a line.
userlands() {
    for guest; do read_guest "$guest" && echo "$userland"; done | sort -u
}

# use_archive SUITE...: the apt of this script is one of its own that knows these suites, for $architecture, and no installed package.
# Its lists are fetched when they are older than a day.
use_archive() {
    apt_folder=$made/apt/$(IFS=+ && echo "$*")
    [ "$architecture" = amd64 ] || apt_folder+=-$architecture
    apt_options=(-q -o "Dir::Etc::SourceList=$apt_folder/sources.list" -o Dir::Etc::SourceParts=/dev/null
        -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null
        -o "Dir::State=$apt_folder/state" -o "Dir::State::status=$apt_folder/status" -o "Dir::Cache=$apt_folder/cache"
        -o "APT::Architecture=$architecture" -o "APT::Architectures=$architecture" -o Acquire::Languages=none -o Acquire::Retries=3
        -o APT::Sandbox::User=root -o APT::Install-Recommends=false -o Debug::NoLocking=true)
    mkdir -p "$apt_folder"/{state/lists/partial,cache/archives/partial}
    # One fetches the lists, and the others wait for it.
    exec 8>"$apt_folder/lock"
    flock 8
    [ -e "$apt_folder/status" ] || : >"$apt_folder/status"
    sources "$@" >"$apt_folder/sources.new"
    cmp -s "$apt_folder/sources.new" "$apt_folder/sources.list" || cp "$apt_folder/sources.new" "$apt_folder/sources.list"
    if [ -n "$(find "$apt_folder/fetched" -mtime -1 2>/dev/null)" ]; then
        exec 8>&-
        return
    fi
    if apt-get "${apt_options[@]}" -o APT::Update::Error-Mode=any update >"$apt_folder/log" 2>&1; then
        touch "$apt_folder/fetched"
    elif [ -e "$apt_folder/fetched" ]; then
        echo "The archive cannot be reached; the lists of $(date -r "$apt_folder/fetched" +%F) are used" >&2
    else
        cat "$apt_folder/log" >&2
        die "the archive cannot be reached"
    fi
    exec 8>&-
}
