# Completion of hvfbctl for bash-completion. Surfaces and modes are asked of the daemon, if it runs: completion starts none.
# shellcheck shell=bash

# _hvfbctl_ask BUS DISPLAY WORD...: what `hvfbctl WORD...` says; nothing of errors.
_hvfbctl_ask() {
    local bus=$1 display=$2 which=()
    shift 2
    case $bus in
        system) which=(--system) ;;
        session) which=(--user) ;;
        *) which=(--address="$bus") ;;
    esac
    [ "$(busctl "${which[@]}" --timeout=1 call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus NameHasOwner \
        s org.hvfbd.Framebuffer1 2>/dev/null)" = "b true" ] || return
    timeout 2 hvfbctl --bus="$bus" --display="$display" "$@" 2>/dev/null
}

_hvfbctl() {
    local cur prev words cword split
    _init_completion -s -n : || return
    local commands='status top get set displays surfaces activate close screenshot watch refresh mode reload doctor'
    local tunable='RefreshLimit RefreshMode SettleDelay IdleTimeout Tracking MaxRects WhenHidden LogLevel'
    local readable="$tunable Version Interfaces Name Output Width Height Stride Format Modes Visible ActiveSurface Statistics"
    local bus=${HVFB_BUS:-system} display=display0 given=() option='' choices='' word
    for word in "${words[@]:1:cword-1}"; do
        case $option:$word in
            :--bus=*) bus=${word#*=} ;;
            :--display=*) display=${word#*=} ;;
            :--bus | :--display | :--interval | :--count) option=$word ;;
            :-*) ;;
            :*) given+=("$word") ;;
            --bus:*) bus=$word option='' ;;
            --display:*) display=$word option='' ;;
            *) option='' ;;
        esac
    done
    case $prev in
        --bus) choices='system session' ;;
        --display) choices=$(_hvfbctl_ask "$bus" display0 displays --json | sed -n 's/.*"name": *"\(.*\)".*/\1/p') ;;
        --interval | --count) ;;
        *)
            case ${given[0]:-}:${#given[@]}:$cur in
                :0:-*) choices='--bus --display --version --help' ;;
                :0:*) choices=$commands ;;
                top:*:-*) choices='--interval --count --bus --display --help' ;;
                watch:*:-*) choices='--count --bus --display --help' ;;
                status:*:-* | get:*:-* | displays:*:-* | surfaces:*:-* | doctor:*:-*) choices='--json --bus --display --help' ;;
                *:*:-*) choices='--bus --display --help' ;;
                get:1:*) choices=$readable ;;
                set:1:*) choices=$tunable ;;
                set:2:*)
                    case ${given[1]} in
                        LogLevel) choices='trace debug info warning error critical' ;;
                        RefreshMode) choices='on-demand periodic' ;;
                        Tracking) choices='auto fault scan compare' ;;
                        WhenHidden) choices='pause ignore' ;;
                    esac
                    ;;
                activate:1:* | close:1:*)
                    choices=$(_hvfbctl_ask "$bus" "$display" surfaces --json | sed -n 's/.*"number": *\([0-9]*\).*/\1/p')
                    ;;
                mode:1:*) choices=$(_hvfbctl_ask "$bus" "$display" get Modes | grep -o '[0-9]\+x[0-9]\+') ;;
                screenshot:1:*) _filedir png ;;
            esac
            ;;
    esac
    [ -z "$choices" ] || mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$cur")
} && complete -F _hvfbctl hvfbctl
