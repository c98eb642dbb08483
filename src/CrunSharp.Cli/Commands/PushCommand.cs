using System.CommandLine;
using CrunSharp.Engine;
using CrunSharp.Oci;
using CrunSharp.Registry;

namespace CrunSharp.Cli.Commands;

/// <summary><c>push</c>: an image from the store to the registry that its name says.</summary>
internal static class PushCommand
{
    public static Command Create(GlobalOptions globals)
    {
        Option<bool> quiet = new("--quiet", "-q") { Description = "Print the image's name and nothing else" };
        Argument<string> image = new("IMAGE") { Description = "Name of an image: [REGISTRY/]REPOSITORY[:TAG]" };
        Command push = new("push", "Send an image to its registry") { quiet, image };
        push.SetAction(async (parsed, cancellationToken) =>
        {
            Reference reference = Reference.Parse(parsed.GetRequiredValue(image));
            using ContainerEngine engine = globals.OpenEngine(parsed);
            Descriptor manifest = await engine.PushAsync(reference, parsed.GetValue(quiet) ? null : new Lines(), cancellationToken);
            TextWriter output = parsed.InvocationConfiguration.Output;
            output.WriteLine(parsed.GetValue(quiet) ? reference : $"{reference.Tag}: digest: {manifest.Digest} size: {manifest.Size}");
            return ExitCode.Success;
        });
        return push;
    }

    /// <summary>One line for each blob, in the order in which they are done.</summary>
    private sealed class Lines : IProgress<PushedBlob>
    {
        public void Report(PushedBlob value) => Console.Error.WriteLine($"{value.Blob.Digest.Hex[..12]}: {(value.WasThere ? "Already exists" : "Pushed")}");
    }
}
