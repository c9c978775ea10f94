// The page of hvfb-vnc: the picture by noVNC, and what is said beside it by a WebSocket of its own.
import { Keys } from "./keys.js";
import { Panel } from "./panel.js";

const $ = (id) => document.getElementById(id);
// What is behind "#" in the address, where the server wants a secret: browsers keep that part to themselves.
const secret = location.hash.length > 1 ? `/${encodeURIComponent(location.hash.slice(1))}` : "";
const url = (path) => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}${secret}`;
const longestPause = 15000;

let RFB, rfb, reports, panel, keys;
let scaled = true, connected = false, refused = "", credentials = null, given = null, attempts = 0, timer = 0, lastReport = null;

function setState(state, text) {
  $("state").dataset.state = state;
  if ($("state-text").textContent !== text) $("state-text").textContent = text;
}

// The picture stays behind it. Nothing to say: it goes.
function say(title, text = "", { small = false, again = false } = {}) {
  $("message").hidden = !title;
  $("message").classList.toggle("small", small);
  if ($("message-title").textContent !== title) $("message-title").textContent = title;
  if ($("message-text").textContent !== text) $("message-text").textContent = text;
  $("again").hidden = !again;
}

function askForLogin(problem) {
  say("");
  setState(problem ? "refused" : "asked", problem ? "Not logged in" : "Log in to look");
  $("login").hidden = false;
  $("enter").disabled = false;
  $("login-problem").textContent = problem;
  (problem && $("user").value ? $("password") : $("user")).focus();
  if (problem) $("password").select();
}

function connect() {
  clearTimeout(timer);
  refused = "";
  setState("connecting", "Connecting");
  rfb = new RFB($("screen"), url("/vnc"), { wsProtocols: ["binary"], shared: true });
  rfb.background = "transparent";
  rfb.scaleViewport = scaled;
  rfb.focusOnClick = true;
  rfb.showDotCursor = true;
  rfb.addEventListener("connect", onConnect);
  rfb.addEventListener("disconnect", onDisconnect);
  rfb.addEventListener("credentialsrequired", onCredentials);
  rfb.addEventListener("securityfailure", (event) => { refused = event.detail.reason || "The login failed"; });
  rfb.addEventListener("desktopname", (event) => {
    $("name").textContent = event.detail.name;
    document.title = `${event.detail.name} – hvfbd`;
  });
}

function onCredentials() {
  // The ones that were right once are for a connection that was lost.
  if (credentials) rfb.sendCredentials(given = credentials);
  else askForLogin("");
}

function onConnect() {
  connected = true;
  attempts = 0;
  credentials = given;
  $("login").hidden = true;
  $("password").value = "";
  $("shot").disabled = false;
  say("");
  setState("connected", "Connected");
  keys.use(rfb);
  rfb.focus();
  openReports();
}

// Why a WebSocket was not opened is not told to pages.
async function lacksSecret() {
  try {
    return (await fetch(`/vnc${secret}`, { cache: "no-store" })).status === 403;
  } catch {
    return false;
  }
}

async function onDisconnect() {
  const wasConnected = connected;
  connected = false;
  rfb = null;
  keys.use(null);
  $("shot").disabled = true;
  closeReports();
  if (refused) {
    credentials = given = null;
    askForLogin(refused);
    return;
  }
  if (!$("login").hidden) {
    // The form stays. There is a connection again once somebody has filled it in.
    askForLogin($("login-problem").textContent);
    return;
  }
  if (!wasConnected && await lacksSecret()) {
    setState("refused", "Not let in");
    say("This address is not whole", "Open the whole address that the server was started with: it has a secret behind #.");
    return;
  }
  if (wasConnected) attempts = 0;
  const pause = Math.min(longestPause, 500 * 2 ** attempts++);
  setState("lost", "Connection lost");
  say(wasConnected || attempts > 1 ? "The connection is lost" : "No connection",
    attempts > 2 ? "The server does not answer. It is tried again by itself." : "It is tried again by itself.", { again: true });
  timer = setTimeout(connect, pause);
}

$("login").addEventListener("submit", (event) => {
  event.preventDefault();
  given = { username: $("user").value, password: $("password").value };
  $("enter").disabled = true;
  $("login-problem").textContent = "";
  setState("connecting", "Logging in");
  if (rfb) {
    rfb.sendCredentials(given);
  } else {
    credentials = given;
    connect();
  }
});
$("again").addEventListener("click", () => { attempts = 0; if (!rfb) connect(); });

// ---- what is said beside the picture

function openReports() {
  const socket = new WebSocket(url("/report"), ["hvfb-report"]);
  socket.onmessage = (event) => { lastReport = JSON.parse(event.data); showReport(socket); };
  socket.onclose = () => {
    if (reports !== socket) return;
    reports = null;
    panel.use(null);
    if (connected) setTimeout(() => { if (connected && !reports) openReports(); }, 2000);
  };
  reports = socket;
  panel.use(socket);
}

function closeReports() {
  const socket = reports;
  reports = null;
  panel.use(null);
  if (socket) socket.close();
}

function showReport(socket) {
  if (socket !== reports) return;
  panel.show(lastReport);
  if (!connected) return;
  if (lastReport.trouble) {
    setState("lost", "No new picture");
    say("The display has no new picture", lastReport.trouble, { small: true });
  } else {
    setState("connected", "Connected");
    if (lastReport.note) say("There is nothing to see", lastReport.note, { small: true });
    else say("");
  }
}

// ---- what is around the picture

$("scale").addEventListener("click", () => {
  scaled = !scaled;
  $("scale").setAttribute("aria-pressed", scaled);
  if (rfb) rfb.scaleViewport = scaled;
});
$("full").addEventListener("click", async () => {
  try {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await document.documentElement.requestFullscreen();
  } catch {
    setState($("state").dataset.state, "This browser has no full screen for pages");
  }
});
document.addEventListener("fullscreenchange", () => $("full").setAttribute("aria-pressed", Boolean(document.fullscreenElement)));
$("shot").addEventListener("click", () => {
  const canvas = $("screen").querySelector("canvas");
  if (!canvas) return;
  canvas.toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${$("name").textContent.replace(/[^\w.-]+/g, "-")}-${new Date().toISOString().slice(0, 19).replace(/:/g, "")}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }, "image/png");
});

// The display takes all keys: this one, and a click, get out of it.
window.addEventListener("keydown", (event) => {
  if (event.ctrlKey && event.altKey && event.shiftKey && event.code === "KeyF" && $("screen").contains(document.activeElement)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    $("scale").focus();
  }
}, true);

// Whether a file is not there. Where the connection failed nobody knows.
async function isMissing(file) {
  try {
    return (await fetch(file, { cache: "no-store" })).status === 404;
  } catch {
    return false;
  }
}

// Somebody has pasted the whole address where a part of it was open.
window.addEventListener("hashchange", () => location.reload());

async function begin() {
  document.documentElement.dataset.began = "yes";
  keys = new Keys($("keys"), $("key-bar"), $("typed"), () => rfb);
  panel = new Panel($("about"), $("panel"));
  try {
    RFB = (await import("./novnc/core/rfb.js")).default;
  } catch (error) {
    console.error(error);
    if (!await isMissing("./novnc/core/rfb.js")) {
      setState("lost", "Connection lost");
      say("The page did not come whole", "It is loaded again by itself.");
      setTimeout(() => location.reload(), 2000);
      return;
    }
    setState("lost", "noVNC is missing");
    say("noVNC is not there", "On the machine with the display: apt install novnc. Then load this page again.");
    return;
  }
  connect();
}
begin();
