#!/bin/sh
# Asterisk in the container of docker-compose.yml: the suite's own package, our configuration, nobody's rights.
# The desk (agi) rewrites who has a phone and who is on duty; it cannot reach into this container, so we look.
set -eu
etc=${SHOUWEN_HOME}/asterisk/etc
seen=/tmp/seen

if ! command -v asterisk >/dev/null; then
    apt-get update -q
    apt-get install -qy --no-install-recommends asterisk asterisk-core-sounds-en-wav
fi
# one path for every architecture: what `shouwen asterisk render --modules` was told
ln -sfn /usr/lib/*-linux-gnu*/asterisk/modules /usr/lib/asterisk-modules

changed() {
    for name in pjsip_staff queue_members extensions_staff; do
        if [ "$etc/$name.conf" -nt "$seen" ]; then return 0; fi
    done
    return 1
}

reload_what_changed() {
    while sleep 2; do
        if changed; then
            touch "$seen"
            for command in "module reload res_pjsip.so" "queue reload all" "dialplan reload"; do
                asterisk -C "$etc/asterisk.conf" -rx "$command" >/dev/null || true
            done
        fi
    done
}

touch "$seen"
reload_what_changed &
exec setpriv --reuid=10001 --regid=10001 --clear-groups asterisk -C "$etc/asterisk.conf" -f -n
