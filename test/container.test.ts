/** The container image: it runs as nobody on a read-only root, and the program works under its restrictions. */
import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { WEBHOOK_PATH } from '../src/server/http.ts'
import { signatureOf, WEBHOOK_SECRET } from './support/app.ts'
import { checkRunDelivery } from './support/deliveries.ts'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const NOBODY = 65_534
const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8').split('\n')
const instruction = (name: string) =>
  dockerfile.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1))
const command = JSON.parse(instruction('CMD').at(-1) ?? '[]') as string[]

describe('the image', () => {
  test('runs as nobody, and no later instruction runs as root', () => {
    expect(instruction('USER')).toEqual(['nobody'])
    const isAfter = (name: string) => dockerfile.findIndex((line) => line.startsWith(name))
    expect(isAfter('USER')).toBeGreaterThan(isAfter('RUN mkdir'))
    expect(dockerfile.slice(isAfter('USER')).filter((line) => line.startsWith('RUN'))).toEqual([])
  })

  test('contains no secret, no test and no git history', () => {
    const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n')
    expect(ignored).toEqual(expect.arrayContaining(['.env', '.git', 'data', 'node_modules']))
    const copied = instruction('COPY').flatMap((line) => line.split(' ').slice(0, -1))
    expect(copied.sort()).toEqual([
      'app.yml',
      'migrations',
      'package-lock.json',
      'package.json',
      'packages',
      'src',
    ])
    expect(ignored).toContain('packages/*/test')
    expect(dockerfile.join('\n')).not.toMatch(/SECRET|PRIVATE_KEY|TOKEN|PASSWORD/)
  })

  test('runs no install scripts of packages', () => {
    expect(instruction('RUN').join('\n')).toMatch(/npm ci .*--ignore-scripts/)
  })
})

describe('docker-compose.yml', () => {
  interface Service {
    user?: string
    read_only?: boolean
    cap_drop?: string[]
    cap_add?: string[]
    security_opt?: string[]
    privileged?: boolean
    ports?: string[]
    volumes?: string[]
  }
  const { services } = parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8')) as {
    services: Record<'app' | 'postgres', Service>
  }

  test('gives the app a read-only root, no capabilities, and one volume', () => {
    expect(services.app).toMatchObject({
      user: 'nobody',
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      volumes: ['data:/data'],
    })
    expect(services.app.cap_add).toBeUndefined()
    expect(services.app.privileged).toBeUndefined()
  })

  test('does not expose the database', () => {
    expect(services.postgres.ports).toBeUndefined()
    expect(services.postgres).toMatchObject({ cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] })
  })
})

test('the program runs with the container’s command and writes only to its volume', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'flake-sla-volume-'))
  chmodSync(folder, 0o777)
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const args = command
    .slice(1)
    .map((argument) => argument.replace('=/data', `=${folder}`).replace('src/', `${ROOT}src/`))
  expect(args).toEqual(expect.arrayContaining(['--permission', `--allow-fs-write=${folder}`]))
  const { app, url } = await start(args, folder)
  const delivery = checkRunDelivery()
  const body = JSON.stringify(delivery.payload)
  const answer = await fetch(`${url}${WEBHOOK_PATH}`, {
    method: 'POST',
    body,
    headers: {
      'x-hub-signature-256': signatureOf(body),
      'x-github-delivery': delivery.id,
      'x-github-event': delivery.name,
    },
  })
  expect(answer.status).toBe(202)
  expect((await fetch(`${url}/acme/widgets`)).status).toBe(200)
  expect(await stop(app)).toBe(0)
  expect(readdirSync(folder).sort()).toEqual(['flake-sla', 'flake-sla.lock'])
})

/** Starts the program with a minimal environment, as nobody if the tests run as root. */
async function start(args: string[], folder: string): Promise<{ app: ChildProcess; url: string }> {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  })
  const app = spawn(process.execPath, args, {
    cwd: folder,
    env: {
      NODE_ENV: 'production',
      HOME: '/nonexistent',
      PORT: '0',
      DATA_DIR: join(folder, 'flake-sla'),
      APP_ID: '1',
      PRIVATE_KEY: privateKey,
      WEBHOOK_SECRET,
      LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(process.getuid?.() === 0 && { uid: NOBODY, gid: NOBODY }),
  })
  onTestFinished(() => void app.kill('SIGKILL'))
  let output = ''
  const url = await new Promise<string>((resolve, reject) => {
    app.once('exit', (code) => reject(new Error(`ended with ${code}: ${output}`)))
    app.stderr?.on('data', (chunk) => {
      output += chunk
      const address = /listens on (\S+)/.exec(output)?.[1]
      if (address) resolve(address)
    })
  })
  return { app, url }
}

function stop(app: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    app.once('exit', resolve)
    app.kill('SIGTERM')
  })
}

test('every package that runs is pinned by its hash and comes from the registry, or is in this repository', () => {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; integrity?: string; resolved?: string; link?: boolean }>
  }
  const isOurs = (path: string) => path === '' || /^(node_modules\/@flake-sla|packages)\/[^/]+$/.test(path)
  const running = Object.entries(lock.packages).filter(([path, { dev }]) => !isOurs(path) && !dev)
  expect(running.length).toBeGreaterThan(50)
  for (const [path, { integrity, resolved = '', link }] of running) {
    expect([path, integrity]).toEqual([path, expect.stringMatching(/^sha512-/)])
    expect([path, /^(git|http:|file)/.test(resolved), link ?? false]).toEqual([path, false, false])
  }
})
