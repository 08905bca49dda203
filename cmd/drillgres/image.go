package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill/equip"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/wiring"
	"github.com/drillgres/drillgres/drill/words"
)

type imageOptions struct {
	config    string
	databases []string
	list      bool
}

func newImage(e edges) *cobra.Command {
	var o imageOptions
	cmd := &cobra.Command{
		Use:   "image [DATABASE…]",
		Short: "Make the images with the extensions that backups need, ahead of their drills",
		Long: "Reads the newest backup of the named databases, or of all, to its end, and adds the packages of\n" +
			"the extensions that postgres.image lacks. A drill does the same when it needs to; afterwards\n" +
			"drills need no network for it. --list prints the images that were made, whose names are\n" +
			"drillgres/postgres:MAJOR-HASH. Images that were not used for 30 days are removed.\n\n" + exitCodesHelp,
		ValidArgsFunction: databaseNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.databases = args
			if o.list {
				return listImages(cmd.Context(), e, o)
			}
			return runImage(cmd.Context(), e, o)
		},
	}
	configFlag(cmd, &o.config)
	cmd.Flags().BoolVar(&o.list, "list", false, "list the images that were made, and make none")
	return cmd
}

// runImage makes the image of one database after the other. It continues after a failure
// and returns the first.
func runImage(ctx context.Context, e edges, o imageOptions) error {
	cfg, dbs, err := loadDatabases(e, o.config, o.databases)
	if err != nil {
		return err
	}
	w, err := wiring.New(ctx, cfg, wiring.Options{Getenv: e.getenv, Now: e.now, Log: newLogger(e), Version: programVersion()})
	if err != nil {
		return err
	}
	defer func() { _ = w.Close() }() // nothing was written
	var first error
	for _, db := range dbs {
		image, err := w.Equip(ctx, db)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			f := outcome.AsFailure(err)
			_, _ = fmt.Fprintf(e.stdout, "%s: %s: %v\n  hint: %s\n", db.Name, f.Code, f, f.Remedy())
			if first == nil {
				first = exited(f.Class().ExitCode())
			}
		case image.Ref == "":
			_, _ = fmt.Fprintf(e.stdout, "%s: %s has all extensions\n", db.Name, db.Postgres.Image)
		default:
			_, _ = fmt.Fprintf(e.stdout, "%s: %s, made from %s with %s\n", db.Name, image.Ref, image.Base, strings.Join(image.Packages, ", "))
		}
	}
	return first
}

func listImages(ctx context.Context, e edges, o imageOptions) error {
	if len(o.databases) > 0 {
		return usage("--list lists the images of all databases")
	}
	cfg, err := optionalConfig(e, o.config)
	if err != nil {
		return err
	}
	engine, _, err := connectEngine(ctx, e, cfg)
	if err != nil {
		return err
	}
	defer engine.Close()
	images, err := wiring.Images(ctx, engine)
	if err != nil {
		return outcome.Fail(outcome.EngineUnreachable, "%w", err)
	}
	if len(images) == 0 {
		_, _ = fmt.Fprintln(e.stdout, "no images were made")
		return nil
	}
	return printImages(e, images)
}

func printImages(e edges, images []equip.Image) error {
	tw := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(tw, "IMAGE\tMADE FROM\tFOR\tSIZE\tLAST USED")
	for _, i := range images {
		_, _ = fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\n", i.Ref, i.Base, words.List(i.Extensions, 6), words.Size(i.Size), i.LastUsed.UTC().Format(time.DateOnly))
	}
	if err := tw.Flush(); err != nil {
		return fmt.Errorf("write the list of images: %w", err)
	}
	return nil
}
