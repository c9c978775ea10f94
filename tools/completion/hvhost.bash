# Completion of hvhost for bash-completion.
# shellcheck shell=bash
_hvhost() {
    local cur prev words cword split choices=''
    _init_completion -s || return
    case $prev in
        --socket | --ivshmem | --control | raw | raw-framebuffer) _filedir ;;
        screenshot) _filedir png ;;
        --like) choices='windows openvmm' ;;
        --max-version) choices='3.5 3.2' ;;
        --hostile | --framebuffer-size | --ring-size | --address | --monitor | --resolutions | resolutions) ;;
        *)
            case $cur in
                -*)
                    choices='--socket --ivshmem --control --stdin --like --hostile --framebuffer-size --ring-size --address --monitor
                        --max-version --resolutions --long-feature-change --one-rectangle --no-acknowledge --quiet --help'
                    ;;
                *)
                    choices='show hide close rescind reset offer resolutions stall continue screenshot raw raw-framebuffer status quit'
                    ;;
            esac
            ;;
    esac
    [ -z "$choices" ] || mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$cur")
} && complete -F _hvhost hvhost
