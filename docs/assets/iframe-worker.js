// The search runs in a worker, and browsers refuse one to a page that was opened from a file. There, a hidden frame takes its
// place: its messages go to and from the same window.
"use strict"
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      this.onmessage = null
      const frame = document.createElement("iframe")
      frame.hidden = true
      document.body.append(frame)
      const inside = frame.contentWindow
      const answer = data => {
        const event = new MessageEvent("message", { data })
        this.dispatchEvent(event)
        if (this.onmessage) this.onmessage(event)
      }
      this.inside = inside
      inside.postMessage = answer
      inside.importScripts = (...urls) => Promise.all(urls.map(each => load(inside, each, url)))
      this.ready = load(inside, url, location.href)
    }
    postMessage(data) {
      this.ready.then(() => this.inside.dispatchEvent(new MessageEvent("message", { data })))
    }
    terminate() {}
  }
  const load = (inside, url, base) => new Promise((done, failed) => {
    const script = inside.document.createElement("script")
    script.src = new URL(url, base)
    script.onload = done
    script.onerror = failed
    inside.document.body.append(script)
  })
}
