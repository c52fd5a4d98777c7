// What the page needs of one scrape, by the names of the metrics.

import { emptyHistogram } from './exposition.js';

/** Takes a reading from parsed families that were asked for at `asked`, by performance.now(). Throws an Error where they are not those of this service. */
export function take(families, namespace, asked) {
  const own = (name) => families.get(`${namespace}_${name}`)?.series ?? [];
  const latency = (step) => own('execution_latency_seconds').find(({ labels }) => labels.step === step)?.histogram;
  const total = latency('total');
  if (!total) throw new Error(`/metrics has no ${namespace}_execution_latency_seconds{step="total"}`);
  const duration = families.get('http_server_request_duration_seconds')?.series ?? [];
  const failed = duration.filter(({ labels }) => labels.http_route === '/images' && /^[45]/.test(labels.http_response_status_code));
  const rejected = sum(own('requests_rejected_total'));
  return {
    asked,
    at: performance.now(),
    start: sum(families.get('process_start_time_seconds')?.series),
    instance: families.get('target_info')?.series[0]?.labels.service_instance_id,
    total,
    cancelled: latency('cancelled')?.count ?? 0,
    accepted: sum(own('requests_accepted_total')),
    rejected,
    overrides: sum(own('delay_overrides_total')),
    /** Answered with a status from 400 on; those that were rejected for load are counted as such. */
    errors: failed.reduce((count, { histogram }) => count + (histogram?.count ?? 0), -rejected),
    active: sum(families.get('http_server_active_requests')?.series),
    clock: own('delay_error_seconds')[0]?.histogram ?? emptyHistogram(),
  };
}

function sum(series = []) {
  return series.reduce((total, { value }) => total + (value ?? 0), 0);
}

/** Requests that are being delayed: those accepted of which no end has been counted yet. */
export function inFlight({ accepted, total, cancelled }) {
  return accepted - total.count - cancelled;
}

/** Whether each accepted request has ended or is in flight; while some are, none may have ended unaccepted. */
export function isBalanced(reading) {
  const open = inFlight(reading);
  return open >= 0 && (reading.active > 0 || open === 0);
}
