# Sourced by tools/test and tools/package: says while a long part runs how far it is.
# shellcheck shell=bash

# The last step and how many there are, as ninja or ctest wrote them into the log; nothing where neither did yet.
steps_in() {
    tail -c 20000 "$1" 2>/dev/null |
        sed -nE -e 's/^\[([0-9]+)\/([0-9]+)\].*/\1 \2/p' -e 's/^ *([0-9]+)\/([0-9]+) +Test +#.*/\1 \2/p' | tail -n 1
}

# watch_progress WHAT UNIT LOG: on a terminal a line that is written again each second; elsewhere one for each tenth or half a minute.
watch_progress() {
    local what=$1 unit=$2 log=$3 start=$SECONDS told=$SECONDS tenth=0 finished all line
    # What it sleeps in must not keep a pipe open that the script's reader waits for the end of.
    while sleep 1 >/dev/null 2>&1; do
        finished=0 all=0
        read -r finished all < <(steps_in "$log") || true
        line="$what, $((SECONDS - start)) s"
        [ "${all:-0}" = 0 ] || line="$what: $finished of $all $unit, $((SECONDS - start)) s"
        if [ -t 1 ]; then
            printf '\r\e[K   %s' "$line"
        elif [ "${all:-0}" != 0 ] && [ $((10 * finished / all)) -gt $tenth ] || [ $((SECONDS - told)) -ge 30 ]; then
            printf '   %s\n' "$line"
            told=$SECONDS
            [ "${all:-0}" = 0 ] || tenth=$((10 * finished / all))
        fi
    done
}

watcher=''
end_watcher() {
    [ -n "$watcher" ] || return 0
    kill "$watcher" 2>/dev/null || true
    watcher=''
    [ ! -t 1 ] || printf '\r\e[K'
}

# with_progress WHAT UNIT LOG COMMAND...: runs the command, which writes the log, and returns what it does.
with_progress() {
    local status=0
    # No child of this shell: where children end by a signal, bash 5.2 gives now and then the status of one for that of another,
    # which was begun ahead and ended well.
    { watcher=$(watch_progress "$1" "$2" "$3" >&3 3>&- & echo $!); } 3>&1
    "${@:4}" || status=$?
    end_watcher
    return $status
}
