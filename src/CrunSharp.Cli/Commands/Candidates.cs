using System.CommandLine.Completions;
using CrunSharp.Engine;
using CrunSharp.Images;
using CrunSharp.Oci;

namespace CrunSharp.Cli.Commands;

/// <summary>What a shell offers when the user presses tab. It never complains: without an answer there is nothing to offer.</summary>
internal static class Candidates
{
    public static IEnumerable<CompletionItem> Containers(GlobalOptions globals, CompletionContext context, bool running = false) =>
        Ask(globals, context, engine => engine.List()
            .Where(container => !running || container.IsRunning)
            .Select(static container => new CompletionItem(container.Name, detail: container.Record.Image)));

    public static IEnumerable<CompletionItem> Images(GlobalOptions globals, CompletionContext context) =>
        Ask(globals, context, static engine => engine.Images.List()
            .SelectMany(static image => image.Tags)
            .Select(static name => new CompletionItem(Names.Familiar(name))));

    private static List<CompletionItem> Ask(GlobalOptions globals, CompletionContext context, Func<ContainerEngine, IEnumerable<CompletionItem>> question)
    {
        try
        {
            using ContainerEngine engine = globals.OpenEngine(context.ParseResult);
            return [.. question(engine)];
        }
        catch (Exception failure) when (failure is CrunException or CrunSharp.Linux.LinuxException or IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
