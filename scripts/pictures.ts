/**
 * Makes the README's pictures from the demo: the dashboard, the report on a pull request and the breach issue. Run it with
 * `npm run pictures` after a change to any of the three.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import chromium from '@sparticuz/chromium'
import markdownIt from 'markdown-it'
import { type Browser, type Page, chromium as playwright } from 'playwright-core'
import sharp from 'sharp'
import { runDemo } from '../demo/run.ts'

const FOLDER = fileURLToPath(new URL('../docs/images/', import.meta.url))
/** Wider than the README's column, so that the text is still sharp when GitHub scales a picture down. */
const WIDTH = 1100
const MAX_BYTES = 120_000

/** GitHub's look of a comment, as far as a picture needs it. */
const STYLE = `
  body { margin: 0; padding: 16px; background: #fff; color: #1f2328; font: 14px/1.5 "Noto Sans", Arial, sans-serif }
  .box { border: 1px solid #d1d9e0; border-radius: 6px; overflow: hidden }
  .head { padding: 8px 16px; background: #f6f8fa; border-bottom: 1px solid #d1d9e0; color: #59636e }
  .head b { color: #1f2328 } .bot { border: 1px solid #d1d9e0; border-radius: 2em; padding: 0 6px; font-size: 12px }
  .body { padding: 16px } .body > :first-child { margin-top: 0 }
  h1.title { margin: 0 0 16px; font-size: 26px; font-weight: 400 } h1.title span { color: #59636e }
  .failed { color: #cf222e } .passed { color: #1a7f37 } svg { border-bottom: 1px solid #d1d9e0 }
  h3 { margin: 20px 0 12px; font-size: 17px } a { color: #0969da }
  table { border-collapse: collapse; margin: 0 0 16px } th, td { border: 1px solid #d1d9e0; padding: 6px 13px }
  code { background: #eff1f3; border-radius: 6px; padding: 2px 5px; white-space: nowrap; font: 12px "DejaVu Sans Mono", monospace }
  sub { font-size: 12px; line-height: 1.4; color: #59636e }`

const demo = await runDemo({ file: null, port: 0, say: (line) => process.stderr.write(`${line}\n`) })
// Every page needs a separate process, and the browser's security stays on.
const args = chromium.args.filter((arg) => !/single-process|no-zygote|disable-web-security/.test(arg))
const browser = await playwright.launch({ executablePath: await chromium.executablePath(), args })
try {
  await takePictures(browser)
} finally {
  await browser.close()
  await demo.close()
}

async function takePictures(browser: Browser): Promise<void> {
  const issue = demo.issues.find(
    ({ state, repository }) => state === 'open' && repository === demo.repository,
  )
  if (!issue || !demo.comment) throw new Error('The demo wrote no breach issue or no comment.')
  mkdirSync(FOLDER, { recursive: true })
  const open = () => browser.newPage({ viewport: { width: WIDTH, height: 900 }, colorScheme: 'light' })
  const dashboard = await open()
  await dashboard.goto(`${demo.url}/${demo.repository}`)
  await save(dashboard, 'dashboard.png', '#flakes')
  // A new page, since the dashboard's content security policy forbids inline styles.
  const github = await open()
  await github.setContent(documentOf(box(demo.comment)))
  await save(github, 'comment.png')
  const { number, title, body } = issue
  await github.setContent(documentOf(`<h1 class="title">${title} <span>#${number}</span></h1>${box(body)}`))
  await save(github, 'breach-issue.png')
}

/** Saves the page from its top down to its end, or to the element that `before` selects. */
async function save(page: Page, name: string, before?: string): Promise<void> {
  const place = await page.locator(before ?? 'body').boundingBox()
  const height = before ? place?.y : place?.height
  const clip = { x: 0, y: 0, width: WIDTH, height: Math.floor(height ?? 0) }
  const screenshot = await page.screenshot({ clip, fullPage: true, animations: 'disabled' })
  const png = await sharp(screenshot).png({ palette: true, colours: 48, compressionLevel: 9 }).toBuffer()
  if (png.length > MAX_BYTES) throw new Error(`${name} has ${png.length} bytes, more than ${MAX_BYTES}.`)
  writeFileSync(`${FOLDER}${name}`, png)
}

/** A comment's frame with the rendered Markdown. The app writes all of it, so its HTML is safe to show. */
function box(markdown: string): string {
  const body = markdownIt({ html: true })
    .render(withDiagrams(markdown))
    .replaceAll('❌', '<span class="failed">✗</span>')
    .replaceAll('✅', '<span class="passed">✓</span>')
  const head = '<div class="head"><b>flake-sla</b> <span class="bot">bot</span></div>'
  return `<div class="box">${head}<div class="body">${body}</div></div>`
}

/** Draws a Mermaid bar chart, as GitHub does. */
function withDiagrams(markdown: string): string {
  return markdown.replace(/^```mermaid\n([\s\S]*?)^```\n/gm, (_, source: string) => {
    const numbersOf = (name: string) =>
      JSON.parse(new RegExp(`${name} (\\[.*\\])`).exec(source)?.[1] ?? '[]') as number[]
    return `${barChart(numbersOf('bar'), numbersOf('line')[0] ?? 0)}\n\n`
  })
}

function barChart(values: readonly number[], target: number): string {
  const [width, height] = [700, 120]
  const step = width / values.length
  const scale = height / Math.max(...values, target)
  const bars = values.map((value, i) => {
    const x = i * step + 2
    return `<rect x="${x}" y="${height - value * scale}" width="${step - 4}" height="${value * scale}" fill="#8250df"/>`
  })
  const y = height - target * scale
  const line = `<line x1="0" x2="${width}" y1="${y}" y2="${y}" stroke="#cf222e"/>`
  return `<svg width="${width}" height="${height}" role="img">${bars.join('')}${line}</svg>`
}

function documentOf(content: string): string {
  return `<!doctype html><meta charset="utf-8"><style>${STYLE}</style>${content}`
}
