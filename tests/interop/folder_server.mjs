// SPDX-License-Identifier: Apache-2.0
//
// folder_server.mjs FOLDER PORT_FILE: a web server that knows nothing of repositories: no ranges, no entity tags.
import { createServer } from 'node:http';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, normalize } from 'node:path';

const [folder, portFile] = process.argv.slice(2);
const server = createServer((request, response) => {
  const path = normalize(decodeURIComponent(new URL(request.url, 'http://localhost').pathname));
  try {
    const bytes = readFileSync(join(folder, path));
    response.writeHead(200, { 'Content-Length': bytes.length });
    response.end(bytes);
  } catch {
    response.writeHead(404).end('no such file\n');
  }
});
server.listen(0, '127.0.0.1', () => {
  writeFileSync(`${portFile}.new`, String(server.address().port));
  renameSync(`${portFile}.new`, portFile);
});
