// A connection that was opened long before the browser used it may have been taken for that of a VNC client: then a script did not come,
// and this one loads the page again. It is no module, so that it runs without the others.
setTimeout(() => { if (!document.documentElement.dataset.began) location.reload(); }, 10000);
