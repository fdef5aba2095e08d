;;; pairlog.el --- Record how code is written, through eglot  -*- lexical-binding: t -*-

;; Copy this file to ~/.emacs.d/pairlog.el and load it from init.el, with the modes to record:
;;
;;     (setq pairlog-modes '(text-mode conf-mode sh-mode))
;;     (load "~/.emacs.d/pairlog.el")
;;
;; Nothing is recorded before you choose so: `pairlog consent PATH content' in a shell.  `pairlog-state' is
;; the state (off, recording, paused, offline), and stands in the mode line of what is recorded.
;;
;; Eglot talks to one server for each buffer: in a mode named here, it is Pairlog and no other.

(require 'eglot)

(defvar pairlog-command '("pairlog" "lsp")
  "The recorder's command line.")

(defvar pairlog-modes '(text-mode)
  "The major modes to record; modes derived from them are recorded as well.")

(defvar pairlog-options nil
  "The recorder's initializationOptions, as a property list: (:use \"research\").")

(defvar pairlog-state "off"
  "What the recorder last said of itself.")

(defclass pairlog-server (eglot-lsp-server) ()
  "The recorder, as eglot knows it.")

(cl-defmethod eglot-initialization-options ((_server pairlog-server))
  "What the person who uses this Emacs chose."
  (or pairlog-options (make-hash-table)))

(cl-defmethod eglot-handle-notification
  ((_server pairlog-server) (_method (eql pairlog/status)) &key state &allow-other-keys)
  "Keep the STATE that the recorder tells."
  (setq pairlog-state state)
  (force-mode-line-update t))

(defun pairlog-recorder ()
  "The recorder of this buffer, or nil."
  (let ((server (eglot-current-server)))
    (and (cl-typep server 'pairlog-server) server)))

(defvar pairlog-causes
  '((undo . "undo") (undo-only . "undo") (undo-redo . "redo") (yank . "paste") (yank-pop . "paste")
    (clipboard-yank . "paste") (mouse-yank-primary . "paste") (xterm-paste . "paste")
    (evil-undo . "undo") (evil-redo . "redo") (evil-paste-after . "paste") (evil-paste-before . "paste"))
  "The commands that say why a text changes; what others do is inferred.")

(defun pairlog-send (&optional cause)
  "Send the changes that wait; CAUSE says why they happened."
  (let ((recorder (pairlog-recorder)))
    (when (and recorder eglot--recent-changes)
      (when cause
        (jsonrpc-notify recorder 'pairlog/observe
                        (list :type "cause" :uri (plist-get (eglot--TextDocumentIdentifier) :uri) :cause cause)))
      (eglot--signal-textDocument/didChange))))

(defun pairlog-before-command ()
  "Let nothing else wait that a command with a cause would be blamed for."
  (when (assq this-command pairlog-causes)
    (pairlog-send)))

(defun pairlog-after-command ()
  "Tell the cause of what a command has changed."
  (let ((cause (cdr (assq this-command pairlog-causes))))
    (when cause
      (pairlog-send cause))))

(defun pairlog-manage ()
  "Set up a buffer that the recorder now listens to."
  (when (and (eglot-managed-p) (pairlog-recorder))
    ;; Each key by itself, where eglot waits for half a second of rest.  Other servers keep their pace.
    (setq-local eglot-send-changes-idle-time 0)
    (add-hook 'pre-command-hook #'pairlog-before-command nil t)
    (add-hook 'post-command-hook #'pairlog-after-command nil t)
    (setq-local mode-line-process '(" Pairlog:" pairlog-state))))

(defun pairlog-leave ()
  "Let each recorder write the end of its session; Emacs would only hang up."
  (dolist (buffer (buffer-list))
    (with-current-buffer buffer
      (let ((recorder (pairlog-recorder)))
        (when recorder
          (ignore-errors (eglot-shutdown recorder nil 5)))))))

(add-to-list 'eglot-server-programs
             (cons pairlog-modes (lambda (&rest _) (cons 'pairlog-server pairlog-command))))
(add-hook 'eglot-managed-mode-hook #'pairlog-manage)
(add-hook 'kill-emacs-hook #'pairlog-leave)
(dolist (mode pairlog-modes)
  (add-hook (intern (format "%s-hook" mode)) #'eglot-ensure))

(provide 'pairlog)
;;; pairlog.el ends here
