import assert from "node:assert/strict";
import test from "node:test";
import { fetchOrganisationNames } from "../../../static/js/entry/organisation-names.js";

test("names of many organisations are asked for in addresses that the server accepts", async () => {
  const bins = Array.from({ length: 250 }, (_, index) => String(990140900064 + index));
  const addresses = [];
  globalThis.fetch = async (url) => {
    addresses.push(url);
    const bins_of_address = new URL(url, "http://localhost").searchParams.getAll("organisation");
    const organisations = Object.fromEntries(bins_of_address.map((bin) => [bin, { name: `Name ${bin}` }]));
    return { ok: true, json: async () => ({ organisations }) };
  };
  const names = await fetchOrganisationNames("/bodies/990140900064/2024/state", bins);
  assert.equal(names.size, bins.length);
  assert.equal(names.get(bins[249]), `Name ${bins[249]}`);
  assert.ok(addresses.every((address) => address.length < 8000));
});

test("without an answer there are no names", async () => {
  globalThis.fetch = async () => ({ ok: false });
  assert.equal(await fetchOrganisationNames("/state", ["990140900064"]), null);
});
