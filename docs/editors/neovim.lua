-- Pairlog for Neovim 0.7 and later, through its own LSP client.
--
-- Copy it to ~/.config/nvim/lua/pairlog.lua and call it from init.lua:
--
--     require("pairlog").setup({ collectorUrl = "http://127.0.0.1:8765", token = "..." })
--
-- Nothing is recorded before you choose so: `pairlog consent PATH content` in a shell. `vim.g.pairlog` is
-- the state (off, recording, paused, offline), for a status line.
local M = { cmd = { "pairlog", "lsp" }, cursor_ms = 100 }
local clients, because, waiting = {}, nil, false

local function client_of(bufnr)
  return vim.lsp.get_client_by_id(vim.b[bufnr or 0].pairlog or -1)
end

--- Tell the recorder of a buffer what LSP does not say: docs/protocol.md, section 1.
function M.observe(observation, bufnr)
  local client = client_of(bufnr)
  if client and client.initialized then client.rpc.notify("pairlog/observe", observation) end
end

--- Explain every change up to Neovim's next wait for input: `{ cause = "completion", ref = "c1" }`.
function M.because(reason)
  because = reason
  vim.schedule(function() because = nil end)
end

-- The cause must be on the wire before the didChange that it explains; one undo can be several of them.
local function explain_changes(client)
  local notify = client.rpc.notify
  client.rpc.notify = function(method, params)
    if because and method == "textDocument/didChange" then
      local cause = { type = "cause", uri = params.textDocument.uri }
      notify("pairlog/observe", vim.tbl_extend("keep", cause, because))
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
  if file == "" or vim.bo[bufnr].buftype ~= "" or client_of(bufnr) then return end
  local root = root_of(file)
  clients[root] = clients[root] or vim.lsp.start_client({
    name = "pairlog", cmd = M.cmd, root_dir = root, init_options = M.options,
    -- Every keystroke as it happens; and time to write the end of the session when Neovim quits.
    flags = { debounce_text_changes = 0, exit_timeout = 5000 },
    handlers = { ["pairlog/status"] = function(_, status) vim.g.pairlog = status.state end },
    on_init = explain_changes,
    on_exit = function() clients[root] = nil end,
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

function M.setup(options)
  M.options = options or vim.empty_dict()
  local group = vim.api.nvim_create_augroup("pairlog", {})
  local on = function(events, run) vim.api.nvim_create_autocmd(events, { group = group, callback = run }) end
  -- Later than everybody else, so that the file's type is known.
  on({ "BufReadPost", "BufNewFile" }, function(event) vim.schedule(function() attach(event.buf) end) end)
  on({ "CursorMoved", "CursorMovedI" }, function()
    if not waiting and vim.b.pairlog then waiting = true vim.defer_fn(send_cursor, M.cursor_ms) end
  end)
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
