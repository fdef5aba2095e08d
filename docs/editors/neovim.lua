-- Pairlog for Neovim 0.7 and later, through its own LSP client.
--
-- Copy it to ~/.config/nvim/lua/pairlog.lua and call it from init.lua:
--     require("pairlog").setup({ collectorUrl = "http://127.0.0.1:8765", token = "..." })
-- Nothing is recorded before you choose so: `pairlog consent PATH content` in a shell. `vim.g.pairlog` is
-- the state (off, recording, paused, offline), for a status line.
local M = { cmd = { "pairlog", "lsp" }, cursor_ms = 100 }
local clients, because, waiting = {}, nil, false

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
    on_init = watch_changes, on_exit = function() clients[root] = nil end,
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

function M.setup(options)
  M.options = options or vim.empty_dict()
  local group = vim.api.nvim_create_augroup("pairlog", {})
  local function on(events, run, pattern)
    vim.api.nvim_create_autocmd(events, { group = group, callback = run, pattern = pattern })
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
  for key, cause in pairs({ u = "undo", U = "undo", ["g-"] = "undo", ["<C-r>"] = "redo", ["g+"] = "redo" }) do
    vim.keymap.set("n", key, function() M.because({ cause = cause }) return key end, { expr = true })
  end
  local paste = vim.paste
  vim.paste = function(...) M.because({ cause = "paste" }) return paste(...) end
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do attach(bufnr) end
end

return M
