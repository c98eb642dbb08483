using System.CommandLine;
using CrunSharp.Engine;
using CrunSharp.Oci;

namespace CrunSharp.Cli.Commands;

/// <summary><c>tag</c>: one more name for an image.</summary>
internal static class TagCommand
{
    public static Command Create(GlobalOptions globals)
    {
        Argument<string> image = new("IMAGE") { Description = "Name or id of an image" };
        Argument<string> name = new("NAME") { Description = "The name it gets: [REGISTRY/]REPOSITORY[:TAG]" };
        Command tag = new("tag", "Give an image one more name") { image, name };
        tag.SetAction(parsed =>
        {
            Reference reference = Reference.Parse(parsed.GetRequiredValue(name));
            using ContainerEngine engine = globals.OpenEngine(parsed);
            engine.Tag(parsed.GetRequiredValue(image), reference);
            return ExitCode.Success;
        });
        return tag;
    }
}
