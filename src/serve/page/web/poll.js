// Asks the server again and again, says when it fails, and goes on.

import { parse as parseText } from './exposition.js';
import { parse as parseProtobuf } from './protobuf.js';

const ACCEPT =
  'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited, ' +
  'application/openmetrics-text;version=1.0.0;q=0.5, text/plain;version=0.0.4;q=0.3';
const EVERY_MS = 1000;
const TIMEOUT_MS = 5000;

/** Fetches a path of this service. Throws an Error that says what is wrong with the answer. */
async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS), ...options });
  } catch (error) {
    const why = error.name === 'TimeoutError' ? `not within ${TIMEOUT_MS / 1000} s` : 'the connection failed';
    throw new Error(`No answer to /${path}: ${why}`);
  }
  if (response.ok) return response;
  const answer = (await response.text().catch(() => '')).trim();
  const hint = path === 'metrics' && response.status === 404 ? ', as where --metrics-listen gives it an address of its own' : '';
  const Kind = response.status === 400 ? Refusal : Error;
  throw new Kind(`/${path} answered ${response.status}${hint}${answer && `: ${answer.slice(0, 200)}`}`, answer);
}

/** The server says that the question is wrong; `answer` is its reason. */
export class Refusal extends Error {
  constructor(message, answer) {
    super(message);
    this.answer = answer;
  }
}

/** The families of one scrape, and what `/truth` says. */
export async function scrape() {
  const response = await ask('metrics', { headers: { accept: ACCEPT } });
  const isProtobuf = response.headers.get('content-type')?.startsWith('application/vnd.google.protobuf');
  try {
    return isProtobuf ? parseProtobuf(await response.arrayBuffer()) : parseText(await response.text());
  } catch (error) {
    throw new Error(`/metrics cannot be read: ${error.message}`);
  }
}

/** `/truth`, of another delay and other buckets where they are given. */
export async function truth(other = {}) {
  const query = new URLSearchParams(other).toString();
  const response = await ask(query ? `truth?${query}` : 'truth');
  try {
    return await response.json();
  } catch {
    throw new Error('/truth cannot be read: it is not JSON');
  }
}

/** Calls `once` each second, one call after the other; `failed` gets the Error of one that throws. */
export async function repeat(once, failed) {
  for (;;) {
    const start = performance.now();
    try {
      await once();
    } catch (error) {
      failed(error);
    }
    const rest = EVERY_MS - (performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, Math.max(rest, 100)));
  }
}
