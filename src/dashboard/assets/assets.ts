/** The files that pages refer to. Their names contain a hash of their content, so caches can keep them indefinitely. */
import { createHash } from 'node:crypto'
import { Hono } from 'hono'
import { SCRIPT } from './script.ts'
import { STYLE } from './style.ts'

interface Asset {
  path: string
  type: string
  body: string
}

function asset(stem: string, extension: string, type: string, body: string): Asset {
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 12)
  return { path: `/assets/${stem}.${hash}.${extension}`, type, body }
}

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#6639ba"/><path d="M3 11V8h2v3zm4 0V3h2v8zm4 0V6h2v5z" fill="#fff"/><path d="M2 13h12" stroke="#fff"/></svg>`

export const STYLE_ASSET = asset('style', 'css', 'text/css; charset=utf-8', STYLE)
export const SCRIPT_ASSET = asset('script', 'js', 'text/javascript; charset=utf-8', SCRIPT)
export const ICON_ASSET = asset('icon', 'svg', 'image/svg+xml', ICON)

/** Serves all assets; anything else under `/assets` is not found. */
export function assets(): Hono {
  const app = new Hono()
  for (const { path, type, body } of [STYLE_ASSET, SCRIPT_ASSET, ICON_ASSET]) {
    app.get(path, (c) =>
      c.body(body, 200, { 'content-type': type, 'cache-control': 'public, max-age=31536000, immutable' }),
    )
  }
  return app
}
