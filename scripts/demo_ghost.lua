-- Stands in for a completion plugin while the demo is recorded: shows a text behind the cursor, <Tab> takes
-- it, <C-e> refuses it, and the recorder hears of each as it would from a real plugin.
local M = {}
local namespace = vim.api.nvim_create_namespace("demo_ghost")
local shown

local function say(phase, more)
  local event = { type = "completion", uri = vim.uri_from_bufnr(0), id = shown.id, phase = phase }
  require("pairlog").observe(vim.tbl_extend("error", event, more or {}))
end

function M.show(id, text)
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  shown = { id = id, row = row - 1, column = column, lines = vim.split(text, "\n") }
  local below = {}
  for number = 2, #shown.lines do
    table.insert(below, { { shown.lines[number], "Comment" } })
  end
  vim.api.nvim_buf_set_extmark(0, namespace, row - 1, column, {
    virt_text = { { shown.lines[1], "Comment" } }, virt_text_pos = "overlay", virt_lines = below,
  })
  -- The lines of the demo are ASCII, so bytes are columns.
  say("shown", {
    position = { row - 1, column }, text = text, provider = "demo", model = "scripted", surface = "inline",
    latency_ms = 180,
  })
end

local function take()
  vim.api.nvim_buf_clear_namespace(0, namespace, 0, -1)
  say("accepted")
  require("pairlog").because({ cause = "completion", ref = shown.id })
  local row, column, lines = shown.row, shown.column, shown.lines
  shown = nil
  vim.api.nvim_buf_set_text(0, row, column, row, column, lines)
  local last = #lines[#lines] + (#lines == 1 and column or 0)
  vim.api.nvim_win_set_cursor(0, { row + #lines, last })
end

local function refuse()
  vim.api.nvim_buf_clear_namespace(0, namespace, 0, -1)
  say("rejected")
  shown = nil
end

function M.is_shown()
  return shown ~= nil
end

vim.keymap.set("i", "<Tab>", take)
vim.keymap.set("i", "<C-e>", refuse)

return M
