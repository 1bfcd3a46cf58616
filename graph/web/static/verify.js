// Verifies the evidence in answers of `POST /v1/audit/query`, as graph/audit/verify.py does: every hash is computed
// here, by WebCrypto. `verified(pages)` returns a sentence with what was checked, or throws Forged.

const TEXTS = [
  "tenantId", "accountId", "mno", "lane", "verdict", "evaluationId", "messageId", "ruleSetId", "ruleSetVersion",
  "evaluationLatencyMs",
];
const FINDING = ["ruleId", "ruleName", "ruleType", "action"];
const LATEST = 2n * 86_400n * 10n ** 6n; // microseconds, within which a link is in the log
const utf8 = new TextEncoder();

export class Forged extends Error {}

function check(condition, why) {
  if (!condition) throw new Forged(why);
}

function joined(parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole;
}

// The values as netstrings.
function pack(...values) {
  return joined(values.flatMap((value) => {
    const text = utf8.encode(String(value));
    return [utf8.encode(`${text.length}:`), text, utf8.encode(",")];
  }));
}

async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

// Microseconds since 1970. A Date has milliseconds only.
function micros(time) {
  const [, whole, fraction = "", offset] = /^(.{19})(?:\.(\d{1,6}))?(Z|[+-]\d\d:\d\d)$/.exec(time);
  return BigInt(Date.parse(whole + offset)) * 1000n + BigInt(fraction.padEnd(6, "0"));
}

function factHash(row) {
  const found = row.findings.flatMap((finding) => FINDING.map((name) => finding[name]));
  return sha256(pack(micros(row.at), micros(row.storedAt), ...TEXTS.map((name) => row[name]), ...found));
}

// The root of the tree, from the hash of a leaf and its path.
async function rootOf(hash, path) {
  for (const step of path) {
    const sibling = unhex(step.slice(1));
    hash = await sha256(joined([Uint8Array.of(1), ...(step[0] === "L" ? [sibling, hash] : [hash, sibling])]));
  }
  return hex(hash);
}

// By UTC day: the time at which each fact was stored and its hash, in the order of the answers.
async function factsByDay(pages, progress) {
  const days = new Map();
  let done = 0;
  for (const row of pages.flatMap((page) => page.data)) {
    const day = row.at.slice(0, 10);
    if (!days.has(day)) days.set(day, []);
    days.get(day).push([micros(row.storedAt), await factHash(row)]);
    if (++done % 1000 === 0) progress(done);
  }
  return days;
}

// The links by number, each with the hash that its content has, each after the one before.
async function checkLinks(links) {
  const found = new Map();
  let before = null;
  for (const link of links) {
    const cut = micros(link.storedBefore);
    const content = [link.number, link.day, link.amends ?? "", cut, link.leaves, link.facts, link.root];
    check(hex(await sha256(pack(link.previous, ...content))) === link.hash, `link ${link.number} does not match its hash`);
    check(before === null || before === link.previous, `link ${link.number} does not follow the previous link`);
    found.set(link.number, link);
    before = link.hash;
  }
  return found;
}

// A leaf covers the facts of its day, and is in its link.
async function checkLeaf(tenant, leaf, facts, links) {
  const cut = micros(leaf.storedBefore);
  const hashes = facts.filter(([stored]) => stored < cut).map(([, hash]) => hash);
  const digest = hex(await sha256(joined(hashes)));
  const same = hashes.length === leaf.facts && digest === leaf.digest;
  check(same, `${leaf.day}: the ${leaf.facts} facts of leaf ${leaf.number} differ`);
  check(links.has(leaf.link), `${leaf.day}: link ${leaf.link} is missing`);
  const content = pack(tenant, leaf.number, leaf.day, cut, leaf.facts, leaf.digest);
  const root = await rootOf(await sha256(joined([Uint8Array.of(0), content])), leaf.path);
  check(root === links.get(leaf.link).root, `${leaf.day}: leaf ${leaf.number} is not in link ${leaf.link}`);
}

const node = (left, right) => sha256(joined([Uint8Array.of(1), left, right]));

// The root that follows from an inclusion proof (RFC 9162, 2.1.3.2).
async function included(hash, number, size, proof) {
  let at = BigInt(number), last = BigInt(size) - 1n;
  check(at >= 0n && at <= last, `the log of ${size} entries has no entry ${number}`);
  for (const step of proof) {
    check(last > 0n, "the inclusion proof is too long");
    if (at & 1n || at === last) {
      hash = await node(unhex(step), hash);
      while (at && !(at & 1n)) [at, last] = [at >> 1n, last >> 1n];
    } else {
      hash = await node(hash, unhex(step));
    }
    [at, last] = [at >> 1n, last >> 1n];
  }
  check(last === 0n, "the inclusion proof is too short");
  return hex(hash);
}

// The links are in the transparency log.
async function checkLog(evidence, links) {
  const log = evidence.log;
  if (log === null || log === undefined) return "no link is in the log yet";
  const [, size, root] = log.checkpoint.split("\n"), entry = log.entry;
  check(links.has(entry.link), `link ${entry.link} of the log's entry is missing`);
  const link = links.get(entry.link);
  const digest = hex(await sha256(pack("compliance", link.number, link.hash)));
  const content = pack("link", `link/compliance/${link.number}`, "", link.day, digest);
  const commitment = hex(await sha256(joined([unhex(entry.nonce), content])));
  const logged = pack("anlyt-tlog/1", "link", micros(entry.loggedAt), commitment);
  const newest = micros(evidence.links.at(-1).storedBefore);
  check(newest - micros(entry.loggedAt) <= LATEST, `the links after ${link.number} are not in the log`);
  const leaf = await sha256(joined([Uint8Array.of(0), logged]));
  const found = await included(leaf, entry.number, size, log.proof);
  check(found === hex(Uint8Array.from(atob(root), (byte) => byte.charCodeAt(0))), `link ${link.number} is not in the log`);
  return `link ${link.number} is in the log of size ${size}`;
}

// Leaves cover all facts of closed days that were stored before the day was closed.
function checkAdded(days, evidence, links) {
  const cuts = [...links.values()].filter((link) => link.amends === null).map((link) => micros(link.storedBefore));
  const settled = cuts.reduce((latest, cut) => (cut > latest ? cut : latest), 0n);
  for (const [day, facts] of days) {
    const known = Math.max(0, ...evidence.leaves.filter((leaf) => leaf.day === day).map((leaf) => leaf.facts));
    const added = facts.filter(([stored]) => stored < settled).length - known;
    check(added <= 0 || day >= (evidence.closedUntil ?? ""), `${day}: no leaf covers ${added} facts`);
  }
}

export async function verified(pages, progress = () => {}) {
  check(pages.length > 0, "there is no answer");
  const tenant = pages[0].meta.tenantId, evidence = pages[0].evidence;
  check(evidence !== null && evidence !== undefined, "the first answer has no evidence");
  for (const page of pages) check(page.meta.tenantId === tenant, "the answers are about several tenants");
  check(!pages.at(-1).page.hasNextPage, "the last page is missing");
  const days = await factsByDay(pages, progress), links = await checkLinks(evidence.links);
  for (const leaf of evidence.leaves) await checkLeaf(tenant, leaf, days.get(leaf.day) ?? [], links);
  checkAdded(days, evidence, links);
  const log = await checkLog(evidence, links);
  const newest = evidence.links.at(-1);
  const head = newest ? `the newest link is ${newest.number}: ${newest.hash}` : "there is no link yet";
  return `${days.size} days with facts, ${evidence.leaves.length} leaves; ${head}; ${log}`;
}
