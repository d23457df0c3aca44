// SPDX-License-Identifier: Apache-2.0
//
// browser.mjs SERVER LOGIN [again|other-browser|state|cancel]: what a browser and a person in front of it do: follow
// redirects, keep cookies, fill in the provider's forms, agree. Prints where it ended: the page's address, and who is
// logged in there. The word has it do something that no person would.
const [server, login, trick = ''] = process.argv.slice(2);

class Browser {
  cookies = new Map();

  async ask(url, options = {}) {
    const host = new URL(url).host;
    const jar = this.cookies.get(host) ?? new Map();
    this.cookies.set(host, jar);
    const sent = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { ...options, redirect: 'manual', headers: { ...options.headers, Cookie: sent } });
    for (const line of answer.headers.getSetCookie()) {
      const [name, value] = line.split(';')[0].split(/=(.*)/s);
      if (value === '' || /max-age=0/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return answer;
  }

  // To where no redirect leads on, or to an address that `stop` wants.
  async go(url, options, stop = () => false) {
    for (let steps = 0; steps < 20; ++steps) {
      if (stop(url)) return { url };
      const answer = await this.ask(url, options);
      options = {};
      const to = answer.headers.get('location');
      if (!to) return { url, answer, text: await answer.text() };
      url = new URL(to, url).href;
    }
    throw new Error('redirects without end');
  }

  // Fills in the form that the page has, with what is given for its empty fields.
  async submit(page, given, stop) {
    const action = /<form[^>]*action="([^"]+)"/.exec(page.text)?.[1];
    if (!action) throw new Error(`no form in ${page.url}: ${page.text.slice(0, 300)}`);
    const body = new URLSearchParams();
    for (const [field] of page.text.matchAll(/<input[^>]*>/g)) {
      const name = /name="([^"]+)"/.exec(field)?.[1];
      if (name) body.set(name, given[name] ?? /value="([^"]*)"/.exec(field)?.[1] ?? '');
    }
    return this.go(new URL(action, page.url).href, { method: 'POST', body }, stop);
  }
}

const isCallback = (url) => url.startsWith(`${server}/api/v1/oidc/callback`);
const isPage = (url) => new URL(url).pathname === '/' && url.startsWith(server);

async function log(browser, end) {
  const who = await browser.ask(`${server}/api/v1/session`);
  const session = who.ok ? await who.json() : null;
  console.log(`${end.replace(server, '')} ${session ? `${session.user} ${session.role} ${session.way}` : 'nobody'}`);
}

const browser = new Browser();
let page = await browser.go(`${server}/api/v1/oidc/login`, {}, isPage);
if (page.text === undefined) {
  await log(browser, page.url);
  process.exit(0);
}
if (trick === 'cancel') {
  const abort = /href="([^"]*\/abort)"/.exec(page.text)[1];
  page = await browser.go(new URL(abort, page.url).href, {}, isCallback);
} else {
  page = await browser.submit(page, { login, password: 'x' }, isCallback);
  while (page.text !== undefined) page = await browser.submit(page, {}, isCallback);
}
let callback = page.url;
if (trick === 'state') callback = callback.replace(/state=[^&]*/, `state=${'0'.repeat(64)}`);
// Somebody else is to be logged in as us, without knowing it.
const finisher = trick === 'other-browser' ? new Browser() : browser;
page = await finisher.go(callback, {}, isPage);
if (trick === 'again') page = await new Proxy(browser, {}).go(callback, {}, isPage);
await log(finisher, page.url);
