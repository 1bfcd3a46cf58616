// node explore.mjs URL [PICTURE]: opens GraphiQL, runs the example of each tab, and prints titles, answers and requests as JSON.
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import chromium from "@sparticuz/chromium";
import puppeteer from "puppeteer-core";

const [url, picture] = process.argv.slice(2);
const PATIENCE = 20_000; // ms
const RESULT = ".result-window .CodeMirror";

// The package's fontconfig file names only /tmp, even if the temporary folder is another one.
process.env.FONTCONFIG_FILE = join(tmpdir(), "fonts.conf");
await writeFile(process.env.FONTCONFIG_FILE, `<fontconfig><dir>${tmpdir()}/fonts</dir></fontconfig>`);

const browser = await puppeteer.launch({
  executablePath: await chromium.executablePath(),
  args: ["--no-sandbox", "--no-zygote", "--disable-gpu"], // a sandbox needs rights that a container does not give
  headless: "shell",
  defaultViewport: { width: 1440, height: 860 },
});
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  const requests = [];
  const complaints = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("requestfailed", (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (["error", "warn"].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`);
  });
  await page.goto(url, { waitUntil: "networkidle0" });
  await page.waitForSelector(".graphiql-tab-button");
  const titles = await page.$$eval(".graphiql-tab-button", (tabs) => tabs.map((tab) => tab.textContent.trim()));
  const answers = {};
  for (const [index, title] of titles.entries()) {
    await (await page.$$(".graphiql-tab-button"))[index].click();
    await page.waitForFunction((name) => localStorage.getItem("graphiql:operationName") === name, {}, title);
    await page.click(".graphiql-execute-button");
    const shown = await page.waitForFunction(
      (selector) => document.querySelector(selector)?.CodeMirror.getValue().match(/^[^]*"(?:data|errors)"[^]*}$/)?.[0],
      {},
      RESULT,
    );
    answers[title] = JSON.parse(await shown.jsonValue());
    if (picture && index === 0) {
      await page.evaluate(() => document.fonts.ready);
      await page.screenshot({ path: picture });
    }
  }
  console.log(JSON.stringify({ titles, answers, requests, complaints }));
} finally {
  await browser.close();
}
