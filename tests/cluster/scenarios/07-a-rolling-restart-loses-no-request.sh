# shellcheck shell=bash
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "$0")/../lib.sh"

load restart 100 30
k rollout restart deployment/httpserver
rolled_out
eventually 180 "the old replicas have ended" settled 2
during_load restart
lost_nothing restart
still_correct
