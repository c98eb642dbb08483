using System.CommandLine;
using CrunSharp.Cli.Output;
using CrunSharp.Engine;
using CrunSharp.Images;
using CrunSharp.Oci;

namespace CrunSharp.Cli.Commands;

/// <summary><c>rmi</c>: names of images, and with its last name the image.</summary>
internal static class RmiCommand
{
    public static Command Create(GlobalOptions globals)
    {
        Option<bool> force = new("--force", "-f") { Description = "By id: also an image that has several names" };
        Argument<string[]> images = new("IMAGE") { Description = "Names or ids of images", Arity = ArgumentArity.OneOrMore };
        images.CompletionSources.Add(context => Candidates.Images(globals, context));

        Command rmi = new("rmi", "Remove images from the store") { force, images };
        rmi.SetAction(parsed =>
        {
            using ContainerEngine engine = globals.OpenEngine(parsed);
            TextWriter output = parsed.InvocationConfiguration.Output;
            int result = ExitCode.Success;
            foreach (string name in parsed.GetRequiredValue(images))
            {
                try
                {
                    Write(output, engine.RemoveImage(name, parsed.GetValue(force)));
                }
                catch (CrunException failure)
                {
                    Failure.Print(failure);
                    result = failure.ExitCode;
                }
            }

            return result;
        });
        return rmi;
    }

    private static void Write(TextWriter output, ImageRemoval removal)
    {
        foreach (Reference name in removal.Untagged)
        {
            output.WriteLine($"Untagged: {Names.Familiar(name)}");
        }

        if (removal.Deleted is { } image)
        {
            output.WriteLine($"Deleted: {image}");
        }

        foreach (string layer in removal.DeletedLayers)
        {
            output.WriteLine($"Deleted: {layer}");
        }
    }
}
