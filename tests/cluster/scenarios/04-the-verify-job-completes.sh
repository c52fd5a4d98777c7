# shellcheck shell=bash
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "$0")/../lib.sh"

k scale deployment/load --replicas 0
eventually 60 "every replica is scraped once" scraped_once
verify 60 || fail "verify failed, see its report above"
