using System.CommandLine;
using CrunSharp.Cli.Output;
using CrunSharp.Engine;
using CrunSharp.Images;
using CrunSharp.Oci;

namespace CrunSharp.Cli.Commands;

/// <summary><c>inspect</c>: all that is known of containers or images, as JSON.</summary>
internal static class InspectCommand
{
    public static Command Create(GlobalOptions globals)
    {
        Option<string?> type = new("--type") { Description = "Look only for a container, or only for an image", HelpName = "container|image" };
        Argument<string[]> names = new("NAME") { Description = "Names or ids of containers or images", Arity = ArgumentArity.OneOrMore };
        names.CompletionSources.Add(context => Candidates.Containers(globals, context));

        Command inspect = new("inspect", "Show containers or images as JSON") { type, names };
        inspect.SetAction(parsed =>
        {
            using ContainerEngine engine = globals.OpenEngine(parsed);
            string? wanted = parsed.GetValue(type);
            List<object> found = [];
            int result = ExitCode.Success;
            foreach (string name in parsed.GetRequiredValue(names))
            {
                try
                {
                    found.Add(Find(engine, name, wanted));
                }
                catch (CrunException failure)
                {
                    Failure.Print(failure);
                    result = failure.ExitCode;
                }
            }

            parsed.InvocationConfiguration.Output.WriteLine(InspectJson.Array(found));
            return result;
        });
        return inspect;
    }

    private static object Find(ContainerEngine engine, string name, string? type)
    {
        if (type != "image" && engine.Containers.Find(name) is { } container)
        {
            return container;
        }

        if (type != "container" && engine.Images.Find(name) is { } image)
        {
            return image;
        }

        throw new CrunException($"cannot inspect '{name}'", type is null ? "no container and no image has this name or id" : $"no {type} has this name or id")
        {
            Hints = ["crun-sharp ps -a", "crun-sharp images"],
        };
    }
}
