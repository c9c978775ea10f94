# Sourced by the scripts of this folder. Everything runs from the root of the repository.
# shellcheck shell=bash
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# The packages of the sections named, one a line; of all sections but [programs], [browser] and [bench] if none is. What has another name in another version of Debian
# is "one|other".
packages() {
    awk -v wanted=" $* " '
        { sub(/#.*/, "") }
        /^\[/ { section = $1; gsub(/[][]/, "", section); next }
        NF && (wanted ~ /^ *$/ && section !~ /^(programs|browser|bench)$/ || index(wanted, " " section " ")) { gsub(/[ \t]/, ""); print }' packaging/build-depends
}

# The name that this Debian has for it, of "one|other".
known_as() {
    local name
    for name in ${1//|/ }; do
        [[ $1 != *'|'* ]] || apt-cache show --no-all-versions "$name" >/dev/null 2>&1 || continue
        echo "$name"
        return
    done
    # apt says that there is none.
    echo "${1%%|*}"
}

# Installs what is missing of those sections. Where all is there it asks nobody, and needs no network.
prepare() {
    if ! command -v dpkg-query >/dev/null; then
        echo "This is no Debian: these packages, or what they are called here, are taken to be installed:" >&2
        packages "$@" | paste -sd ' ' >&2
        return
    fi
    local installed missing
    # dpkg-query fails when it does not know one of them; what it does know it prints all the same.
    installed=$(packages "$@" | tr '|' '\n' | xargs dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null |
        awk '$1 == "installed" { print $2 }' | sort -u) || true
    missing=$(packages "$@" | sort -u | awk -F'|' '
        FILENAME != "-" { there[$1] = 1; next }
        { for (i = 1; i <= NF; i++) if ($i in there) next; print }' <(echo "$installed") -)
    [ -z "$missing" ] && return
    local install=(apt-get install -qq -y --no-install-recommends) line
    for line in $missing; do install+=("$(known_as "$line")"); done
    if [ "$(id -u)" != 0 ]; then
        # Where the lists are missing or old, apt finds nothing.
        echo "Packages are missing. As root: apt-get update && ${install[*]}" >&2
        exit 1
    fi
    echo "Installing ${install[*]:5}"
    export DEBIAN_FRONTEND=noninteractive
    # The lists may be missing or older than the archive; only then they are fetched.
    "${install[@]}" </dev/null >/dev/null 2>&1 ||
        { apt-get update -qq </dev/null && install=("${install[@]:0:5}") &&
            for line in $missing; do install+=("$(known_as "$line")"); done &&
            "${install[@]}" </dev/null >/dev/null; } ||
        die "could not install: ${install[*]}"
}

# What was compiled for the same text is taken from ccache, where there is one; whichever folder of this tree it is built in.
use_ccache() {
    command -v ccache >/dev/null || return 0
    export CMAKE_C_COMPILER_LAUNCHER=ccache CMAKE_CXX_COMPILER_LAUNCHER=ccache
    # The headers that tests have in common have a sum beside them: tests/precompile.
    export CCACHE_BASEDIR=$PWD CCACHE_SLOPPINESS=pch_defines,time_macros,locale CCACHE_PCH_EXTSUM=yes
    # Without it, what it does not have is preprocessed once more before it is compiled.
    export CCACHE_DEPEND=yes
    # What it maps a folder to is the same for each, and it is all that there is of it in the result.
    export CCACHE_IGNOREOPTIONS='-ffile-prefix-map=*'
}

# As packaging/debian/rules has them.
hardened_flags() {
    DEB_BUILD_MAINT_OPTIONS=hardening=+all dpkg-buildflags --get "$1"
}

# configure PRESET, then build TARGET... (all without one).
build() {
    local preset=$1
    shift
    use_ccache
    # The release is what the packages have, to the option: what is tested is what is installed, and ccache has it for them.
    local flags=() language preprocessor
    if [ "$preset" = release ] && command -v dpkg-buildflags >/dev/null; then
        preprocessor=$(hardened_flags CPPFLAGS)
        for language in C CXX; do flags+=("-DCMAKE_${language}_FLAGS=$(hardened_flags ${language}FLAGS) $preprocessor"); done
        flags+=("-DCMAKE_EXE_LINKER_FLAGS=$(hardened_flags LDFLAGS)" "-DCMAKE_SHARED_LINKER_FLAGS=$(hardened_flags LDFLAGS)")
    fi
    cmake --preset "$preset" "${flags[@]}" >"$log_folder/configure-$preset.log" 2>&1 ||
        { cat "$log_folder/configure-$preset.log" >&2; return 1; }
    cmake --build "build/$preset" -j "$(nproc)" ${1:+--target "$@"} >"$log_folder/build-$preset.log" 2>&1 ||
        { grep -vE '^\[[0-9]+/[0-9]+\]' "$log_folder/build-$preset.log" | head -100 >&2; return 1; }
}

log_folder=build/logs
# prepare writes none: root calls it in the tree of somebody else, whose build/ it would be.
[ "${0##*/}" = prepare ] || mkdir -p "$log_folder"

# The project's own C and C++ files.
own_sources() {
    find client common console daemon input run tools tests vnc \( -name '*.cpp' -o -name '*.h' -o -name '*.c' \) -print | sort
}
