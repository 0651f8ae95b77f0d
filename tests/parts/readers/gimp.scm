; What GIMP makes of layered files. (selvage-open FILE FOLDER) writes into FOLDER: layers.txt, a line for every layer
; (depth, name, mode, left, top, width, height, bits), one PNG a layer, and merged.png, all layers laid over each other.
(define (selvage-png image drawable path)
  (file-png-save RUN-NONINTERACTIVE image drawable path path 0 1 0 0 0 0 0))

(define (selvage-fields port fields)
  (for-each (lambda (field) (display field port) (display "\t" port)) fields)
  (newline port))

(define (selvage-layers image layers depth folder port)
  (for-each
    (lambda (layer)
      (let* ((name (car (gimp-item-get-name layer)))
             (place (gimp-drawable-offsets layer)))
        (selvage-fields port
          (list depth name (car (gimp-layer-get-mode layer)) (car place) (cadr place)
                (car (gimp-drawable-width layer)) (car (gimp-drawable-height layer))
                (car (gimp-image-get-precision image))))
        (if (= (car (gimp-item-is-group layer)) TRUE)
            (selvage-layers image (vector->list (cadr (gimp-item-get-children layer))) (+ depth 1) folder port)
            (let ((copy (car (gimp-image-new-with-precision 1 1 RGB (car (gimp-image-get-precision image))))))
              (let ((one (car (gimp-layer-new-from-drawable layer copy))))
                (gimp-image-insert-layer copy one 0 0)
                (gimp-item-set-visible one TRUE)
                (selvage-png copy one (string-append folder "/" name ".png")))))))
    layers))

(define (selvage-open file folder)
  (let* ((image (car (gimp-file-load RUN-NONINTERACTIVE file file)))
         (port (open-output-file (string-append folder "/layers.txt"))))
    (selvage-fields port
      (list (car (gimp-image-width image)) (car (gimp-image-height image))
            (vector-length (cadr (gimp-image-get-color-profile image)))))
    (selvage-layers image (vector->list (cadr (gimp-image-get-layers image))) 0 folder port)
    (close-output-port port)
    (selvage-png image (car (gimp-image-merge-visible-layers image CLIP-TO-IMAGE))
                 (string-append folder "/merged.png"))
    (gimp-image-delete image)))
