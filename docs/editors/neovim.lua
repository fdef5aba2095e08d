-- Pairlog for Neovim 0.7 and later, through its own LSP client.
--
-- Copy it to ~/.config/nvim/lua/pairlog.lua and call it from init.lua:
--     require("pairlog").setup({ collectorUrl = "http://127.0.0.1:8765", token = "..." })
-- Nothing is recorded before you choose so: `pairlog consent PATH content` in a shell. `vim.g.pairlog` is
-- the state (off, recording, paused, offline), for a status line.
local M = { cmd = { "pairlog", "lsp" }, cursor_ms = 100, output_max = 16384 }
-- The client of each folder; why the next changes happen; whether a cursor waits to be sent.
local clients, because, waiting = {}, nil, false
-- Runs that have not ended, by terminal buffer or as `make`; how many began; the line just typed after `:`.
local runs, run_count, typed = {}, 0, nil

local function client_of(bufnr)
  local client = vim.lsp.get_client_by_id(vim.b[bufnr or 0].pairlog or -1)
  return client and client.initialized and vim.lsp.buf_is_attached(bufnr or 0, client.id) and client or nil
end

--- Tell the recorder of a buffer what LSP does not say: docs/protocol.md, section 1.
function M.observe(observation, bufnr)
  local client = client_of(bufnr)
  if client then client.rpc.notify("pairlog/observe", observation) end
end

--- Explain every change up to Neovim's next wait for input: `{ cause = "completion", ref = "c1" }`.
function M.because(reason)
  because = reason
  vim.schedule(function() because = nil end)
end

local function whole(bufnr)
  local ending = ({ dos = "\r\n", mac = "\r" })[vim.bo[bufnr].fileformat] or "\n"
  local text = table.concat(vim.api.nvim_buf_get_lines(bufnr, 0, -1, true), ending)
  return vim.bo[bufnr].endofline and text .. ending or text
end

-- Neovim's difference is off by a line end where a text becomes empty, and behind a last line without one.
local function is_off(bufnr, change)
  local last = vim.api.nvim_buf_line_count(bufnr) - 1
  if last == 0 and vim.api.nvim_buf_get_lines(bufnr, 0, 1, true)[1] == "" then return true end
  if vim.bo[bufnr].endofline then return false end
  local from, to = change.range.start.line, change.range["end"].line
  local breaks = select(2, change.text:gsub("\r\n", "\n"):gsub("[\r\n]", ""))
  return math.max(to, from + breaks) >= last and (from < to or breaks > 0)
end

-- The cause must be on the wire before the didChange that it explains; one undo can be several of them.
local function watch_changes(client)
  local notify = client.rpc.notify
  client.rpc.notify = function(method, params)
    if method == "textDocument/didChange" then
      local uri, change = params.textDocument.uri, params.contentChanges[#params.contentChanges]
      local bufnr = vim.uri_to_bufnr(uri)
      local cause = because and vim.tbl_extend("keep", { type = "cause", uri = uri }, because)
      if cause then notify("pairlog/observe", cause) end
      if change.range and is_off(bufnr, change) then params.contentChanges = { { text = whole(bufnr) } } end
    end
    return notify(method, params)
  end
end

-- Neovim 0.7 counts columns in UTF-16 and offers nothing else, though it can: `M.encodings = { "utf-8" }`.
local function capabilities()
  local all = vim.lsp.protocol.make_client_capabilities()
  if M.encodings then
    all.general = vim.tbl_extend("force", all.general or {}, { positionEncodings = M.encodings })
  end
  return all
end

-- Before the first document goes out, which is when columns begin to matter.
local function agree(client, result)
  client.offset_encoding = result.capabilities.positionEncoding or client.offset_encoding
  watch_changes(client)
end

-- The folder of the git repository, else the one that Neovim works in.
local function root_of(file)
  local folder = vim.fn.fnamemodify(file, ":p:h")
  while not vim.loop.fs_stat(folder .. "/.git") do
    local above = vim.fn.fnamemodify(folder, ":h")
    if above == folder then return vim.fn.getcwd() end
    folder = above
  end
  return folder
end

local function attach(bufnr)
  local file = vim.api.nvim_buf_is_loaded(bufnr) and vim.api.nvim_buf_get_name(bufnr) or ""
  if file == "" or vim.bo[bufnr].buftype ~= "" then return end
  local root = root_of(file)
  clients[root] = clients[root] or vim.lsp.start_client({
    name = "pairlog", cmd = M.cmd, root_dir = root, init_options = M.options,
    -- Every keystroke as it happens; and time to write the end of the session when Neovim quits.
    flags = { debounce_text_changes = 0, exit_timeout = 5000 },
    handlers = { ["pairlog/status"] = function(_, status) vim.g.pairlog = status.state end },
    capabilities = capabilities(), on_init = agree, on_exit = function() clients[root] = nil end,
  })
  vim.b[bufnr].pairlog = clients[root]
  vim.lsp.buf_attach_client(bufnr, clients[root])
end

local function send_cursor()
  waiting = false
  local client = client_of(0)
  if not client then return end
  -- Outside the visual modes the mark `v` stands where the cursor does.
  local at, encoding = vim.fn.getpos("v"), client.offset_encoding
  local mark = { at[2], at[3] - 1 }
  local a = vim.lsp.util.make_given_range_params(mark, mark, 0, encoding).range.start
  local b = vim.lsp.util.make_position_params(0, encoding).position
  local selection = { a.line, a.character, b.line, b.character }
  M.observe({ type = "select", uri = vim.uri_from_bufnr(0), selections = { selection } })
end

-- What Neovim's client does not tell: another name closes one document and opens one; and other line ends.
local function retell(event)
  local bufnr = event.buf > 0 and event.buf or vim.api.nvim_get_current_buf()
  local client, document = client_of(bufnr), { uri = vim.uri_from_bufnr(bufnr) }
  if not client then return end
  local method, params = "textDocument/didClose", { textDocument = document }
  if event.event ~= "BufFilePre" then document.version = vim.api.nvim_buf_get_changedtick(bufnr) end
  if event.event == "BufFilePost" then
    method, document.languageId, document.text = "textDocument/didOpen", vim.bo[bufnr].filetype, whole(bufnr)
  elseif event.event == "OptionSet" then
    method, params.contentChanges = "textDocument/didChange", { { text = whole(bufnr) } }
  end
  client.rpc.notify(method, params)
end

-- A run belongs to the folder that it runs in, whatever buffer is shown: consent is given folder by folder.
local function client_in(folder)
  local client, length = nil, 0
  folder = (vim.loop.fs_realpath(folder) or folder) .. "/"
  for root, id in pairs(clients) do
    local path = (vim.loop.fs_realpath(root) or root) .. "/"
    if vim.startswith(folder, path) and #path > length then
      client, length = vim.lsp.get_client_by_id(id), #path
    end
  end
  return client and client.initialized and client or nil
end

local function start_run(kind, folder, command)
  local client = client_in(folder)
  if not client then return end
  run_count = run_count + 1
  local id = ("nvim-%d-%d"):format(vim.fn.getpid(), run_count)
  local run = { type = "run", id = id, phase = "started", kind = kind, command = command }
  client.rpc.notify("pairlog/observe", run)
  return { client = client, id = id, kind = kind, started = vim.loop.hrtime() }
end

-- The end of the output: where a program fails, it says so last.
local function end_run(run, exit_code, output, command)
  local kept = output:sub(-M.output_max)
  if #kept < #output then kept = kept:gsub("^[^\n]*\n", "") end
  -- A message of the protocol is UTF-8, the output of a program anything.
  if not pcall(vim.fn.json_encode, kept) then kept = kept:gsub("[%z\128-\255]", "?") end
  local function tell(observation)
    observation.type, observation.id, observation.kind = "run", run.id, run.kind
    run.client.rpc.notify("pairlog/observe", observation)
  end
  if kept ~= "" then tell({ phase = "output", output = kept }) end
  local took = math.floor((vim.loop.hrtime() - run.started) / 1e6)
  tell({ phase = "ended", exit_code = exit_code, duration_ms = took, command = command })
end

-- `:make` sends what the program prints through `tee`, and then only knows that `tee` went well.
local STATUS = { bash = "${PIPESTATUS[0]}", zsh = "${pipestatus[1]}" }

local function make_starts()
  if not client_in(vim.fn.getcwd()) then return end
  -- What `:make` does next in any case; done here, the saves that the run sees come before it.
  if vim.o.autowrite or vim.o.autowriteall then vim.cmd("silent! wall") end
  local program, arguments = vim.o.makeprg, vim.trim(typed and typed:match("%f[%a]l?make?!?%s([^|]*)") or "")
  local command, places = program:gsub("%$%*", function() return arguments end)
  if places == 0 then command = program .. " " .. arguments end
  local is_expanded, expanded = pcall(vim.fn.expandcmd, command)
  local run = start_run("task", vim.fn.getcwd(), vim.trim(is_expanded and expanded or command))
  if not run then return end
  run.makeef, run.shellpipe, run.file = vim.o.makeef, vim.o.shellpipe, vim.fn.tempname()
  local status = STATUS[vim.fn.fnamemodify(vim.o.shell, ":t")]
  if status and run.shellpipe == "2>&1| tee" then vim.o.shellpipe = "2>&1| tee %s; exit " .. status end
  run.tells_status = vim.o.shellpipe ~= run.shellpipe or not run.shellpipe:find("|", 1, true)
  vim.o.makeef, runs.make = run.file, run
end

local function make_ends(event)
  local run = runs.make
  if not run then return end
  runs.make = nil
  vim.o.makeef, vim.o.shellpipe = run.makeef, run.shellpipe
  local file = io.open(run.file, "rb")
  local output = file and file:read("*a") or ""
  if file then file:close() end
  -- The list's title is the command as it was run, also where nobody typed it.
  local wanted, is_local = { title = 0 }, event.match == "lmake"
  local title = (is_local and vim.fn.getloclist(0, wanted) or vim.fn.getqflist(wanted)).title
  end_run(run, run.tells_status and vim.v.shell_error or nil, output, title:match("^:(.-)%s*$"))
end

local function terminal_starts(event)
  local folder, command = vim.api.nvim_buf_get_name(event.buf):match("^term://(.-)//%d+:(.*)$")
  if folder then runs[event.buf] = start_run("terminal", vim.fn.fnamemodify(folder, ":p"), command) end
end

local function terminal_ends(event)
  local run = runs[event.buf]
  if not run then return end
  runs[event.buf] = nil
  local text = table.concat(vim.api.nvim_buf_get_lines(event.buf, -1000, -1, false), "\n")
  -- Below zero: the buffer was closed before the program ended.
  local status = vim.v.event.status
  end_run(run, status >= 0 and status or nil, (text:gsub("%s+$", "")))
end

-- Keys that say why the text changes. One that you mapped yourself is left alone; what it does is inferred.
local KEYS = {
  n = { u = "undo", U = "undo", ["g-"] = "undo", ["<C-r>"] = "redo", ["g+"] = "redo", p = "paste", P = "paste",
    gp = "paste", gP = "paste", ["]p"] = "paste", ["[p"] = "paste" },
  x = { p = "paste", P = "paste" },
}

local function watch_keys()
  for mode, keys in pairs(KEYS) do
    for key, cause in pairs(keys) do
      if vim.fn.maparg(key, mode) == "" then
        vim.keymap.set(mode, key, function() M.because({ cause = cause }) return key end, { expr = true })
      end
    end
  end
end

-- The cause of a typed command: `:undo 3` goes to a place that may lie ahead.
local function cause_of(command)
  local name, number = command:match("^[%s:]*(%a+)!?%s*(%d*)")
  local function is(whole, shortest) return name and #name >= shortest and vim.startswith(whole, name) end
  if is("undo", 1) then
    return tonumber(number) and tonumber(number) > vim.fn.undotree().seq_cur and "redo" or "undo"
  end
  return is("redo", 3) and "redo" or is("earlier", 2) and "undo" or is("later", 3) and "redo"
    or is("put", 2) and "paste" or nil
end

function M.setup(options)
  -- An empty table of Lua would go out as an array.
  M.options = options and next(options) and options or vim.empty_dict()
  local group = vim.api.nvim_create_augroup("pairlog", {})
  local function on(events, run, pattern, nested)
    vim.api.nvim_create_autocmd(events, { group = group, callback = run, pattern = pattern, nested = nested })
  end
  -- Later than everybody else, so that the file's type is known.
  on({ "BufReadPost", "BufNewFile" }, function(event) vim.schedule(function() attach(event.buf) end) end)
  on({ "CursorMoved", "CursorMovedI" }, function()
    if not waiting and vim.b.pairlog then waiting = true vim.defer_fn(send_cursor, M.cursor_ms) end
  end)
  on({ "BufFilePre", "BufFilePost" }, retell)
  on("OptionSet", retell, { "fileformat", "endofline" })
  on("FocusGained", function() M.observe({ type = "focus", focused = true }) end)
  on("FocusLost", function() M.observe({ type = "focus", focused = false }) end)
  -- Nested, so that everybody hears of the files that it saves.
  on("QuickFixCmdPre", make_starts, { "make", "lmake" }, true)
  on("QuickFixCmdPost", make_ends, { "make", "lmake" })
  on("TermOpen", terminal_starts)
  on("TermClose", terminal_ends)
  on("CmdlineLeave", function()
    typed = vim.fn.getcmdline()
    local cause = not vim.v.event.abort and cause_of(typed)
    if cause then M.because({ cause = cause }) end
    vim.schedule(function() typed = nil end)
  end, ":")
  watch_keys()
  local paste = vim.paste
  vim.paste = function(...) M.because({ cause = "paste" }) return paste(...) end
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do attach(bufnr) end
end

return M
