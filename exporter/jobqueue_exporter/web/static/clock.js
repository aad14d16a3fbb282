// How long ago something was, and in which words; both pages that refresh themselves use it.
"use strict";

function moment() {
  return { wall: Date.now(), steady: performance.now() };
}

// The wall clock may be set back, the steady one may stand still while the machine sleeps.
function since(then) {
  return Math.max(Date.now() - then.wall, performance.now() - then.steady) / 1000;
}

function span(count) {
  if (count < 60) return `${count} s`;
  if (count < 3600) return `${Math.floor(count / 60)} min`;
  return `${Math.floor(count / 3600)} h ${Math.floor((count % 3600) / 60)} min`;
}

function refusal(status) {
  if (status === 401) return "the exporter asks who you are: load the page anew";
  if (status === 429) return "the exporter is asked more often than it allows";
  if (status === 503) return "the exporter has too much to do";
  return `the exporter answers with an error, ${status}`;
}

// What a failed fetch is: silence, or what was said.
function failure(error) {
  const silent = ["TypeError", "TimeoutError", "AbortError"].includes(error.name);
  return silent ? "the exporter does not answer" : error.message;
}
