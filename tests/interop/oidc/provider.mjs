// SPDX-License-Identifier: Apache-2.0
//
// provider.mjs PORT-FILE MODE-FILE REDIRECT: an identity provider, the certified oidc-provider. People are what they say:
// whoever logs in as NAME.GROUP is of that group. The word in MODE-FILE has it do wrong, with its own keys: what a
// provider that was taken over, or somebody on the way, could send.
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import * as jose from 'jose';
import Provider from 'oidc-provider';

const [portFile, modeFile, redirect] = process.argv.slice(2);
const mode = () => readFileSync(modeFile, 'utf8').trim();

function jwk(kid, alg, type, options) {
  return { ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), kid, alg, use: 'sig' };
}
const keys = [
  jwk('rsa', 'RS256', 'rsa', { modulusLength: 2048 }),
  jwk('p256', 'ES256', 'ec', { namedCurve: 'P-256' }),
  jwk('ed25519', 'EdDSA', 'ed25519'),
];
// Of no use to others: it is in no set that was told before.
const late = jwk('late', 'ES256', 'ec', { namedCurve: 'P-256' });
const foreign = jwk('p256', 'ES256', 'ec', { namedCurve: 'P-256' });

const client = (id, alg) => ({
  client_id: id,
  client_secret: 'a secret: with/odd characters+',
  redirect_uris: [redirect],
  grant_types: ['authorization_code'],
  response_types: ['code'],
  id_token_signed_response_alg: alg,
});

const server = createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [client('suture-rs256', 'RS256'), client('suture-es256', 'ES256'), client('suture-eddsa', 'EdDSA')],
  jwks: { keys },
  cookies: { keys: ['for a test only'] },
  pkce: { required: () => true },
  claims: { openid: ['sub', 'groups'], profile: ['preferred_username'] },
  conformIdTokenClaims: false,
  enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256', 'EdDSA'] },
  async findAccount(_context, id) {
    const [name, group] = id.split('.');
    return { accountId: id, claims: async () => ({ sub: id, preferred_username: name, groups: group ? [group] : [] }) };
  },
});

async function signed(claims, key, header = {}) {
  return new jose.SignJWT(claims)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
    .sign(await jose.importJWK(key, key.alg));
}

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

// What is wrong, in place of the token that is right.
async function wrong(how, token) {
  const claims = jose.decodeJwt(token);
  const ours = keys.find((key) => key.kid === jose.decodeProtectedHeader(token).kid);
  const now = Math.floor(Date.now() / 1000);
  const changed = (change) => signed({ ...claims, ...change }, ours);
  const [head, body, signature] = token.split('.');
  switch (how) {
    case 'nonce':
      return changed({ nonce: '0'.repeat(64) });
    case 'no-nonce':
      return changed({ nonce: undefined });
    case 'audience':
      return changed({ aud: 'another' });
    case 'audiences':
      return changed({ aud: [claims.aud, 'another'] });
    case 'party':
      return changed({ aud: [claims.aud, 'another'], azp: 'another' });
    case 'issuer':
      return changed({ iss: 'https://evil.example.org' });
    case 'expired':
      return changed({ exp: now - 61 });
    case 'no-expiry':
      return changed({ exp: undefined });
    case 'future':
      return changed({ iat: now + 3600, exp: now + 7200 });
    case 'old':
      return changed({ iat: now - 3600 });
    case 'subject':
      return changed({ sub: undefined });
    case 'tampered':
      return `${head}.${part({ ...claims, groups: ['admins'] })}.${signature}`;
    case 'signature':
      return `${head}.${body}.${(signature[0] === 'A' ? 'B' : 'A') + signature.slice(1)}`;
    case 'foreign-key':
      return signed(claims, { ...foreign, kid: ours.kid });
    case 'unknown-key':
      return signed(claims, { ...foreign, kid: 'nobody' });
    case 'none':
      return `${part({ alg: 'none' })}.${body}.`;
    case 'hmac': {
      // The public key, which everybody has, for a secret.
      const { d: _, p: __, q: ___, dp, dq, qi, ...open } = ours;
      const key = new TextEncoder().encode(JSON.stringify(open));
      return new jose.SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: ours.kid }).sign(key);
    }
    case 'critical':
      return signed(claims, ours, { crit: ['b64'], b64: true });
    case 'rotated':
      return signed(claims, late);
    case 'garbage':
      return 'a.b';
    default:
      throw new Error(`what is ${how}?`);
  }
}

provider.use(async (context, next) => {
  await next();
  const how = mode();
  if (how === 'right') return;
  if (context.path === '/token' && context.body?.id_token) {
    if (how === 'huge') context.body = { ...context.body, id_token: 'a'.repeat(1 << 20) };
    else if (how === 'no-token') context.body = { access_token: 'x' };
    else context.body = { ...context.body, id_token: await wrong(how, context.body.id_token) };
  }
  if (context.path === '/jwks' && how === 'rotated') {
    const { d: _, ...open } = late;
    context.body = { keys: [...context.body.keys, open] };
  }
});

server.on('request', provider.callback());
writeFileSync(`${portFile}.new`, `${server.address().port}`);
const { renameSync } = await import('node:fs');
renameSync(`${portFile}.new`, portFile);
