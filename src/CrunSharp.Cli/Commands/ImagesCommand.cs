using System.CommandLine;
using CrunSharp.Cli.Output;
using CrunSharp.Engine;
using CrunSharp.Images;
using CrunSharp.Oci;

namespace CrunSharp.Cli.Commands;

/// <summary><c>images</c>: what is in the store.</summary>
internal static class ImagesCommand
{
    private const int ShortIdLength = 12;

    public static Command Create(GlobalOptions globals)
    {
        Option<bool> quiet = new("--quiet", "-q") { Description = "Only ids" };
        Option<bool> whole = new("--no-trunc") { Description = "Ids at full length" };
        Option<bool> digests = new("--digests") { Description = "Also the digests of the manifests" };
        Option<string> format = RunCommand.Choice("--format", "table, or json: one object per line", "table", "table", "json");

        Command images = new("images", "List the images in the store") { quiet, whole, digests, format };
        images.SetAction(parsed =>
        {
            using ContainerEngine engine = globals.OpenEngine(parsed);
            TextWriter output = parsed.InvocationConfiguration.Output;
            IReadOnlyList<StoredImage> stored = engine.Images.List();
            bool full = parsed.GetValue(whole);
            if (parsed.GetValue(quiet))
            {
                foreach (StoredImage image in stored)
                {
                    output.WriteLine(Id(image, full));
                }
            }
            else if (parsed.GetValue(format) == "json")
            {
                foreach (StoredImage image in stored)
                {
                    output.WriteLine(InspectJson.Line(image));
                }
            }
            else
            {
                WriteTable(output, stored, full, parsed.GetValue(digests));
            }

            return ExitCode.Success;
        });
        return images;
    }

    private static string Id(StoredImage image, bool full) => full ? image.Id.ToString() : image.Id.Hex[..ShortIdLength];

    private static void WriteTable(TextWriter output, IReadOnlyList<StoredImage> stored, bool full, bool digests)
    {
        Table table = digests
            ? new Table("REPOSITORY", "TAG", "DIGEST", "IMAGE ID", "CREATED", "SIZE")
            : new Table("REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE");
        DateTimeOffset now = DateTimeOffset.UtcNow;
        foreach (StoredImage image in stored)
        {
            string created = image.Created is { } time ? Human.Since(time, now) : "N/A";
            foreach ((string repository, string tag) in NamesOf(image))
            {
                string[] before = digests ? [repository, tag, image.Manifest.Digest.ToString()] : [repository, tag];
                table.Add([.. before, Id(image, full), created, Human.Size(image.Size)]);
            }
        }

        table.Write(output);
    }

    private static IEnumerable<(string Repository, string Tag)> NamesOf(StoredImage image) =>
        image.Tags.Count == 0
            ? [("<none>", "<none>")]
            : image.Tags.Select(static (Reference name) => (Names.Repository(name), name.Tag ?? "<none>"));
}
