/** SVG pictures that other sites may embed: the badge, and the trend chart with its own style sheet. */
import { createHash } from 'node:crypto'
import { type Context, Hono } from 'hono'
import { html, raw } from 'hono/html'
import { secureHeaders } from 'hono/secure-headers'
import { findRepository } from '../db/repositories.ts'
import { readWindows } from '../db/sla.ts'
import { PICTURE_STYLE } from './assets/picture-style.ts'
import { badgeSvg } from './charts/badge.ts'
import { trendSvg } from './charts/trend.ts'
import { addDays } from './dates.ts'
import type { DashboardDeps } from './deps.ts'
import type { Html } from './html.ts'
import { opensPicture, type Picture } from './signed-pictures.ts'
import { readTrend } from './trend-data.ts'
import { openRepository, type RepositoryView, viewOf } from './view.ts'
import { slaOfRow } from './wording.ts'

const STYLE_HASH = createHash('sha256').update(PICTURE_STYLE).digest('base64')

/** The routes of pictures, to be mounted at `/`. */
export function pictures(deps: DashboardDeps): Hono {
  const app = new Hono()
  app.use('/:owner/:repo/trend.svg', pictureHeaders())
  app.use('/badge/:owner/:file', pictureHeaders())
  app.get('/:owner/:repo/trend.svg', async (c) => {
    const { owner, repo } = c.req.param()
    const view = await openPicture(deps, c, { owner, repo }, 'trend')
    if (!view) return c.notFound()
    const { trend } = await readTrend(deps.db, view)
    const size = { width: 1040, height: 260 }
    const svg = await trendSvg(trend, size, 't')
    const standalone = html`<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}"><style>${raw(PICTURE_STYLE)}</style><rect class="back" width="100%" height="100%"/>${svg}</svg>`
    return picture(c, standalone)
  })
  app.get('/badge/:owner/:file{.+\\.svg}', async (c) => {
    const { owner, file } = c.req.param()
    const view = await openPicture(deps, c, { owner, repo: file.slice(0, -'.svg'.length) }, 'badge')
    if (!view) return c.notFound()
    const range = { from: addDays(view.today, -34), to: view.today }
    const weeks = await readWindows(deps.db, view.repository.repository_id, 'week', range)
    const week = weeks.findLast((row) => row.prs > 0)
    return picture(c, badgeSvg(week ? slaOfRow(week) : null))
  })
  return app
}

/** The repository of a picture, if the reader may see it or the address has the picture's key. */
async function openPicture(
  deps: DashboardDeps,
  c: Context,
  { owner, repo }: { owner: string; repo: string },
  picture: Picture,
): Promise<RepositoryView | null> {
  const key = c.req.query('key')
  if (key !== undefined && deps.auth) {
    const repository = await findRepository(deps.db, `${owner}/${repo}`)
    const isOpen = repository && opensPicture(deps.auth.secret, repository.repository_id, picture, key)
    return isOpen ? viewOf(deps, repository) : null
  }
  return openRepository(deps, c.req.raw, owner, repo)
}

/** Allows embedding, and no content besides the one inline style sheet, which is identified by its hash. */
function pictureHeaders() {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      styleSrc: [`'sha256-${STYLE_HASH}'`],
      frameAncestors: ["'none'"],
    },
    crossOriginResourcePolicy: 'cross-origin',
    strictTransportSecurity: false,
  })
}

/** Sends a picture with an ETag. Image proxies must revalidate each time, and get 304 if nothing changed. */
async function picture(c: Context, svg: Html): Promise<Response> {
  const body = String(await svg)
  const tag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  const headers = {
    'content-type': 'image/svg+xml; charset=utf-8',
    'cache-control': 'no-cache, max-age=0',
    etag: tag,
  }
  if (c.req.header('if-none-match') === tag) return c.body(null, 304, headers)
  return c.body(body, 200, headers)
}
