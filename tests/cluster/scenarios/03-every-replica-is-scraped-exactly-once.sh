# shellcheck shell=bash
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "$0")/../lib.sh"

without_load
eventually 180 "two healthy targets, one per replica" scraped_once
instance_ids() { prometheus 'count(count by (service_instance_id) (target_info{job="httpserver"}))' | jq -r '.[0].value[1]'; }
two_instance_ids() { [[ $(instance_ids) = 2 ]]; }
eventually 120 "two instance ids" two_instance_ids
targets
