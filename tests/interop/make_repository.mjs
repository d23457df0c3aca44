// SPDX-License-Identifier: Apache-2.0
//
// make_repository.mjs FOLDER VERSION: a repository that @tufjs/models writes, as other owners have them: keys that are
// named as its owner likes, one of them ECDSA with the curve P-256; a root that both have to sign; delegations by paths,
// and by how hashes of paths begin; fields that nobody specified. The keys of version 1 stay in FOLDER/keys.json;
// VERSION 2 has another root, timestamp key and content.
import { createHash, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Key, MetaFile, Metadata, Root, Signature, Snapshot, TargetFile, Targets, Timestamp } from '@tufjs/models';
import { Delegations } from '@tufjs/models/dist/delegations.js';
import { DelegatedRole, Role } from '@tufjs/models/dist/role.js';

const [folder, text] = process.argv.slice(2);
const version = Number(text);
const metadata = join(folder, 'repository', 'metadata');
mkdirSync(metadata, { recursive: true });
const expires = new Date(Date.now() + 86400_000).toISOString().replace(/\.\d+Z$/, 'Z');

// The private halves, for the next version.
const keyFile = join(folder, 'keys.json');
const kept = existsSync(keyFile) ? JSON.parse(readFileSync(keyFile, 'utf8')) : {};

function makeKey(id, kind) {
  if (!kept[id]) {
    const made = kind === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const spki = made.publicKey.export({ type: 'spki', format: 'der' });
    kept[id] = {
      secret: made.privateKey.export({ type: 'pkcs8', format: 'pem' }),
      keyType: kind === 'ed25519' ? 'ed25519' : 'ecdsa',
      scheme: kind === 'ed25519' ? 'ed25519' : 'ecdsa-sha2-nistp256',
      value:
        kind === 'ed25519'
          ? spki.subarray(-32).toString('hex')
          : made.publicKey.export({ type: 'spki', format: 'pem' }),
    };
  }
  const { secret, keyType, scheme, value } = kept[id];
  return {
    key: new Key({ keyID: id, keyType, scheme, keyVal: { public: value }, unrecognizedFields: { 'x-owner': 'somebody' } }),
    signer: (bytes) => {
      const digest = keyType === 'ed25519' ? undefined : 'sha256';
      return new Signature({ keyID: id, sig: sign(digest, bytes, createPrivateKey(secret)).toString('hex') });
    },
  };
}

const hashes = (bytes) => ({
  sha256: createHash('sha256').update(bytes).digest('hex'),
  sha512: createHash('sha512').update(bytes).digest('hex'),
});
const described = (bytes, number) => new MetaFile({ version: number, length: bytes.length, hashes: hashes(bytes) });

function write(name, signed, signers) {
  const document = new Metadata(signed);
  for (const { signer } of signers) document.sign(signer);
  const bytes = Buffer.from(JSON.stringify(document.toJSON(), null, 2));
  writeFileSync(join(metadata, name), bytes);
  return bytes;
}

/// A file below targets/, as consistent snapshots name it, by each of its hashes.
function addTarget(targets, path, content, custom) {
  const bytes = Buffer.from(content);
  for (const hash of Object.values(hashes(bytes))) {
    const parts = path.split('/');
    const name = parts.pop();
    const file = join(folder, 'repository', 'targets', ...parts, `${hash}.${name}`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
  targets.addTarget(
    new TargetFile({ path, length: bytes.length, hashes: hashes(bytes), unrecognizedFields: custom ? { custom } : {} }),
  );
}

const rootKeys = [makeKey('the-first', 'ed25519'), makeKey('the-second: ecdsa', 'ecdsa')];
if (version > 1) rootKeys.push(makeKey('root-of-version-2', 'ecdsa'));
const targetsKey = makeKey('TARGETS', 'ecdsa');
const snapshotKey = makeKey('snap', 'ed25519');
const timestampKey = makeKey(`time-${version}`, 'ecdsa');
const teamKey = makeKey('team', 'ed25519');
const binKey = makeKey('bins', 'ecdsa');

const root = new Root({ version, specVersion: '1.0.31', expires, consistentSnapshot: true });
// From version 2 on, the first key has no say any more; it signs once more, as what was trusted before.
for (const { key } of version > 1 ? rootKeys.slice(1) : rootKeys) root.addKey(key, 'root');
root.roles.root = new Role({ keyIDs: root.roles.root.keyIDs, threshold: 2 });
root.addKey(targetsKey.key, 'targets');
root.addKey(snapshotKey.key, 'snapshot');
root.addKey(timestampKey.key, 'timestamp');
root.unrecognizedFields['x-purpose'] = { of: ['a test', 1, null, true] };
write(`${version}.root.json`, root, rootKeys);

const delegations = new Delegations({
  keys: { [teamKey.key.keyID]: teamKey.key, [binKey.key.keyID]: binKey.key },
  roles: {
    team: new DelegatedRole({ name: 'team', keyIDs: ['team'], threshold: 1, terminating: true, paths: ['team/*.txt'] }),
    // The one half of all paths, and the other.
    low: new DelegatedRole({ name: 'low', keyIDs: ['bins'], threshold: 1, terminating: false, pathHashPrefixes: [...'01234567'] }),
    high: new DelegatedRole({ name: 'high', keyIDs: ['bins'], threshold: 1, terminating: false, pathHashPrefixes: [...'89abcdef'] }),
  },
});
const targets = new Targets({ version, specVersion: '1.0.31', expires, delegations });
addTarget(targets, 'top.txt', `top ${version}\n`, { 'x-note': 'ä', level: 7 });

const team = new Targets({ version, specVersion: '1.0.31', expires });
addTarget(team, 'team/a.txt', `team ${version}\n`);
const low = new Targets({ version, specVersion: '1.0.31', expires });
const high = new Targets({ version, specVersion: '1.0.31', expires });
for (const path of ['binned/one', 'binned/two', 'binned/three', 'binned/four', 'binned/five']) {
  const half = createHash('sha256').update(path).digest('hex') < '8' ? low : high;
  addTarget(half, path, `${path} ${version}\n`);
}
// The team may not speak of what it was not trusted with, and nobody else may of what is the team's.
addTarget(team, 'binned/stolen', 'stolen\n');
addTarget(low, 'team/b.txt', 'stolen\n');
addTarget(high, 'team/b.txt', 'stolen\n');

const meta = {};
const documents = [
  ['targets', targets, targetsKey],
  ['team', team, teamKey],
  ['low', low, binKey],
  ['high', high, binKey],
];
for (const [role, signed, key] of documents) {
  meta[`${role}.json`] = described(write(`${version}.${role}.json`, signed, [key]), version);
}
const snapshot = new Snapshot({ version, specVersion: '1.0.31', expires, meta });
const bytes = write(`${version}.snapshot.json`, snapshot, [snapshotKey]);
const timestamp = new Timestamp({ version, specVersion: '1.0.31', expires, snapshotMeta: described(bytes, version) });
write('timestamp.json', timestamp, [timestampKey]);
writeFileSync(keyFile, JSON.stringify(kept));
