using System.CommandLine;
using CrunSharp.Cli.Output;
using CrunSharp.Engine;
using CrunSharp.Oci;

namespace CrunSharp.Cli.Commands;

/// <summary><c>pull</c>: an image from its registry into the store.</summary>
internal static class PullCommand
{
    public static Command Create(GlobalOptions globals)
    {
        Option<bool> quiet = new("--quiet", "-q") { Description = "Print the image's name and nothing else" };
        Option<string?> platform = new("--platform") { Description = "Platform of the image, as linux/arm64", HelpName = "OS/ARCH" };
        Argument<string> image = new("IMAGE") { Description = "Name of an image: [REGISTRY/]REPOSITORY[:TAG|@DIGEST]" };

        Command pull = new("pull", "Fetch an image from its registry") { quiet, platform, image };
        pull.SetAction(async (parsed, cancellationToken) =>
        {
            Reference reference = Reference.Parse(parsed.GetRequiredValue(image));
            Platform wanted = parsed.GetValue(platform) is { } text ? Platform.Parse(text) : Platform.Host;
            using ContainerEngine engine = globals.OpenEngine(parsed);
            using PullProgress? progress = PullProgress.Create(parsed.GetValue(quiet));
            PulledImage pulled = await engine.PullAsync(reference, wanted, progress, cancellationToken);
            progress?.Dispose();

            TextWriter output = parsed.InvocationConfiguration.Output;
            if (!parsed.GetValue(quiet))
            {
                output.WriteLine($"Digest: {pulled.Digest}");
                output.WriteLine($"Status: {(pulled.IsNew ? "Downloaded newer image" : "Image is up to date")} for {Names.Familiar(reference)}");
                foreach (string note in pulled.Image.Notes)
                {
                    Failure.Warn(Printable.Text(note));
                }
            }

            output.WriteLine(reference);
            return ExitCode.Success;
        });
        return pull;
    }
}
