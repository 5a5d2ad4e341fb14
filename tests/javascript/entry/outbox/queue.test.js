import assert from "node:assert/strict";
import { test } from "node:test";
import { edit, offline, refuse, Scene, sentEdit, settle } from "./fakes.js";

test("edits typed in quick succession are sent once, after a pause", async () => {
  const scene = new Scene();
  const queue = scene.open();
  queue.put(edit("a", "1"));
  await scene.pass(300);
  queue.put(edit("a", "12"));
  queue.put(edit("b", "5"));
  assert.equal(scene.requests.length, 0);
  await scene.pass(300);
  assert.deepEqual(scene.requests[0].edits, [sentEdit("a", "12"), sentEdit("b", "5")]);
  assert.deepEqual(scene.statesOf("a"), ["waiting", "waiting", "saving", "saved"]);
  assert.deepEqual(
    [...scene.stored],
    [
      ["a", 12],
      ["b", 5],
    ],
  );
  assert.deepEqual(scene.status, { waiting: 0, invalid: 0, conflicts: 0, trouble: "", message: "", signInUrl: "" });
  assert.deepEqual(queue.pending(), []);
  assert.equal(scene.acknowledged.length, 2);
});

test("a request names its account and carries the token", async () => {
  const scene = new Scene();
  scene.open().put(edit("a", "1"));
  await scene.pass(600);
  assert.deepEqual([scene.requests[0].account, scene.requests[0].token, scene.requests[0].isLeaving], [1, "token", false]);
});

test("many edits are sent at once, in batches", async () => {
  const scene = new Scene();
  scene.open().putAll(Array.from({ length: 1001 }, (_, index) => edit(`code${index}`, "1")));
  await scene.pass(0);
  await settle();
  assert.deepEqual(
    scene.requests.map(({ edits }) => edits.length),
    [1000, 1],
  );
  assert.equal(scene.stored.size, 1001);
});

test("a lost connection is tried again after a growing pause, and nothing is lost", async () => {
  const scene = new Scene();
  scene.faults = [offline, offline, offline];
  const queue = scene.open();
  queue.put(edit("a", "1"));
  await scene.pass(600);
  assert.equal(scene.status.trouble, "offline");
  assert.equal(scene.statesOf("a").at(-1), "waiting");
  await scene.pass(999);
  assert.equal(scene.requests.length, 1);
  await scene.pass(1);
  assert.equal(scene.requests.length, 2);
  await scene.pass(2000);
  await scene.pass(4000);
  assert.equal(scene.requests.length, 4);
  assert.deepEqual([scene.stored.get("a"), scene.status.trouble], [1, ""]);
});

test("the pause between tries never exceeds a minute", async () => {
  const scene = new Scene();
  scene.faults = Array(12).fill(offline);
  scene.open().put(edit("a", "1"));
  await scene.pass(600);
  for (let attempt = 0; attempt < 12; attempt += 1) await scene.pass(60_000);
  assert.equal(scene.stored.get("a"), 1);
});

test("a stored answer that never arrived back is sent again unchanged, before the newer text", async () => {
  const scene = new Scene();
  scene.faults = [
    (request) => {
      scene.save(request);
      return offline();
    },
  ];
  const queue = scene.open();
  queue.put(edit("a", "1"));
  await scene.pass(600);
  queue.put(edit("a", "2", null));
  await scene.pass(1000);
  await settle();
  assert.deepEqual(
    scene.requests.map(({ edits }) => [edits[0].typed, edits[0].expected]),
    [
      ["1", null],
      ["1", null],
      ["2", 1],
    ],
  );
  assert.equal(scene.stored.get("a"), 2);
  assert.ok(!scene.statesOf("a").includes("conflict"));
});

test("a refused request releases the newest text and stops", async () => {
  const scene = new Scene();
  const queue = scene.open();
  scene.faults = [
    () => {
      queue.put(edit("a", "2"));
      return { status: 409, body: { message: "The year is closed." } };
    },
  ];
  queue.put(edit("a", "1"));
  await scene.pass(600);
  assert.deepEqual([scene.status.trouble, scene.status.message], ["refused", "The year is closed."]);
  assert.deepEqual([queue.entry("ORG", "a").typed, queue.entry("ORG", "a").inFlight], ["2", undefined]);
  queue.retry();
  await settle();
  assert.equal(scene.stored.get("a"), 2);
});

test("a gateway's error does not release the sent text", async () => {
  const scene = new Scene();
  scene.faults = [refuse(502)];
  const queue = scene.open();
  queue.put(edit("a", "1"));
  await scene.pass(600);
  assert.equal(queue.entry("ORG", "a").inFlight, true);
  assert.equal(scene.status.trouble, "offline");
});

test("an expired token is renewed once and the batch is sent again", async () => {
  const scene = new Scene();
  scene.faults = [refuse(400, { csrf: "fresh" })];
  scene.open().put(edit("a", "1"));
  await scene.pass(600);
  assert.deepEqual(
    scene.requests.map(({ token }) => token),
    ["token", "fresh"],
  );
  assert.equal(scene.stored.get("a"), 1);
});

test("a token that stays expired is a refusal, not a loop", async () => {
  const scene = new Scene();
  scene.faults = [refuse(400, { csrf: "b" }), refuse(400, { csrf: "c", message: "Load the page again." })];
  scene.open().put(edit("a", "1"));
  await scene.pass(600);
  assert.equal(scene.requests.length, 2);
  assert.deepEqual([scene.status.trouble, scene.status.message], ["refused", "Load the page again."]);
});

test("an ended session names the sign-in page and stays the trouble until it is over", async () => {
  const scene = new Scene();
  scene.faults = [refuse(401, { message: "Signed out.", sign_in: "/sign-in" }), refuse(403, { message: "No." })];
  const queue = scene.open();
  queue.put(edit("a", "1"));
  await scene.pass(600);
  assert.deepEqual([scene.status.trouble, scene.status.signInUrl], ["signed-out", "/sign-in"]);
  queue.retry();
  await settle();
  assert.equal(scene.status.trouble, "signed-out");
  queue.retry();
  await settle();
  assert.deepEqual([scene.status.trouble, scene.stored.get("a")], ["", 1]);
});

test("an invalid text waits for the person and does not stop the others", async () => {
  const scene = new Scene();
  const queue = scene.open();
  queue.put(edit("a", "abc"));
  queue.put(edit("b", "1"));
  await scene.pass(600);
  assert.deepEqual([scene.status.invalid, scene.stored.get("b")], [1, 1]);
  assert.equal(scene.notices.find(({ state }) => state === "invalid").message, "no number");
  queue.retry();
  await settle();
  assert.equal(scene.requests.length, 1, "nothing waits");
  queue.put(edit("a", "7"));
  await scene.pass(600);
  assert.equal(scene.stored.get("a"), 7);
});

test("a conflict is decided for the typed text", async () => {
  const scene = new Scene();
  scene.stored.set("a", 7);
  const queue = scene.open();
  queue.put(edit("a", "1"));
  await scene.pass(600);
  assert.equal(scene.status.conflicts, 1);
  assert.equal(scene.stored.get("a"), 7);
  queue.preferTyped("ORG", "a");
  await settle();
  assert.deepEqual([scene.stored.get("a"), scene.status.conflicts], [1, 0]);
});

test("a conflict is decided for the stored value", async () => {
  const scene = new Scene();
  scene.stored.set("a", 7);
  const queue = scene.open();
  queue.put(edit("a", "1"));
  await scene.pass(600);
  assert.equal(queue.takeStored("ORG", "a").value, 7);
  assert.deepEqual([queue.pending(), scene.stored.get("a")], [[], 7]);
  assert.equal(queue.takeStored("ORG", "a"), null);
  queue.preferTyped("ORG", "a");
  await settle();
  assert.equal(scene.requests.length, 1, "without a conflict there is nothing to decide");
});

test("a new page sends everything again, also invalid texts and conflicts", async () => {
  const scene = new Scene();
  scene.stored.set("b", 7);
  const queue = scene.open();
  queue.put(edit("a", "abc"));
  queue.put(edit("b", "1"));
  await scene.pass(600);
  scene.stored.delete("b");
  scene.open().resend();
  await settle();
  assert.equal(scene.stored.get("b"), 1);
  assert.deepEqual([scene.status.invalid, scene.status.conflicts], [1, 0]);
});

test("a page that is closed while a request is under way loses nothing", async () => {
  const scene = new Scene();
  const queue = scene.open({ post: () => new Promise(() => {}) });
  queue.put(edit("a", "1"));
  await scene.pass(600);
  queue.put(edit("a", "2"));
  scene.open().resend();
  await settle();
  assert.equal(scene.stored.get("a"), 2);
});

test("leaving the page sends at once, and a flush under way is shared", async () => {
  const scene = new Scene();
  const queue = scene.open();
  queue.put(edit("a", "1"));
  const first = queue.flush({ isLeaving: true });
  assert.equal(queue.flush(), first);
  await first;
  assert.deepEqual([scene.requests.length, scene.requests[0].isLeaving], [1, true]);
});

test("a discarded entry is not sent", async () => {
  const scene = new Scene();
  const queue = scene.open();
  queue.put(edit("a", "1"));
  queue.discard("ORG", "a");
  await scene.pass(600);
  assert.equal(scene.requests.length, 0);
  assert.equal(scene.status.waiting, 0);
});

test("an answer for an entry that was discarded meanwhile changes nothing", async () => {
  const scene = new Scene();
  const queue = scene.open();
  scene.faults = [
    (request) => {
      queue.discard("ORG", "a");
      return scene.save(request);
    },
  ];
  queue.put(edit("a", "1"));
  await scene.pass(600);
  assert.deepEqual(scene.statesOf("a"), ["waiting", "saving"]);
});

test("what was typed in another state of the year is offered, not stored", async () => {
  const scene = new Scene();
  scene.stored.set("a", -5);
  scene.faults = [refuse(409, { message: "The year was submitted." })];
  scene.open().put(edit("a", "123", -5));
  await scene.pass(600);
  assert.equal(scene.status.trouble, "refused");
  scene.yearState = "2";
  const queue = scene.open();
  queue.resend();
  await settle();
  assert.equal(scene.stored.get("a"), -5);
  const notice = scene.notices.at(-1);
  assert.deepEqual([notice.state, notice.typed, notice.stored.text, notice.stored.is_outdated], ["conflict", "123", "-5", true]);
  queue.put(edit("a", "124", -5));
  await scene.pass(600);
  assert.equal(scene.stored.get("a"), -5, "another text of the same cell needs the choice as well");
  queue.preferTyped("ORG", "a");
  await settle();
  assert.equal(scene.stored.get("a"), 124);
});

test("a page that has met another state of the year types in that state", async () => {
  const scene = new Scene();
  const queue = scene.open();
  scene.yearState = "2";
  queue.put(edit("a", "1"));
  await scene.pass(600);
  assert.equal(scene.status.conflicts, 1);
  queue.takeStored("ORG", "a");
  queue.put(edit("a", "3"));
  await scene.pass(600);
  assert.deepEqual([scene.stored.get("a"), scene.status.conflicts], [3, 0]);
});
