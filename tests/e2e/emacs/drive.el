;;; The person at the keyboard of Emacs, in batch.  -*- lexical-binding: t -*-
;; Called as: emacs --batch -l SETUP -l drive.el FILE, where SETUP loads docs/editors/emacs.el.

(setq eglot-sync-connect 30
      make-backup-files nil
      create-lockfiles nil)

(defun drive-keys (keys)
  "Press KEYS one by one.
In batch Emacs never rests, so eglot is told after each that it may send."
  (dolist (key (append (kbd keys) nil))
    (execute-kbd-macro (vector key))
    (eglot--signal-textDocument/didChange)))

(defun drive-text (text)
  "Type TEXT as it is."
  (dolist (character (string-to-list text))
    (execute-kbd-macro (vector (if (= character ?\n) ?\r character)))
    (eglot--signal-textDocument/didChange)))

(let ((file (pop command-line-args-left)))
  (find-file file)
  (switch-to-buffer (current-buffer))
  (apply #'eglot (eglot--guess-contact))
  (goto-char (point-max))
  (drive-text "\ndef mean(prices):\nreturn total(prices) / 0  # na\u00efve \U0001f600\U0001f680!")
  (drive-keys "DEL C-b C-d")
  (drive-text "\u20ac")
  (save-buffer)
  ;; A word in other letters, two lines made one: changes whose ends eglot finds by markers.
  (goto-char (point-min))
  (drive-keys "M-f M-f M-u C-n M-^")
  (drive-keys "C-/ C-e RET x C-SPC C-a C-w C-y")
  (save-buffer))
