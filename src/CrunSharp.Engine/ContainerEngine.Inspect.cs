using CrunSharp.Observe;
using CrunSharp.Oci;

namespace CrunSharp.Engine;

public sealed partial class ContainerEngine
{
    /// <summary>A living container beside its host, part by part.</summary>
    /// <exception cref="CrunException">It does not run.</exception>
    public IReadOnlyList<Section> Explain(string name)
    {
        Container container = Containers.Get(name);
        if (!container.IsRunning || container.Record.Process is not { } process)
        {
            throw new CrunException($"cannot explain the container '{name}'", "it is not running")
            {
                Hints = ["crun-sharp ps -a", "what a container would be made of: crun-sharp run --explain IMAGE"],
            };
        }

        return Inspection.Of(new Subject
        {
            Pid = process.Pid,
            Made = FactsOf(SpecReader.Read(File.ReadAllBytes(container.Directory.Config))),
            Layers = [.. LayersOf(container).Where(layer => !layer.StartsWith(container.Directory.Path, StringComparison.Ordinal))],
            Scratch = container.Directory.Scratch,
            OuterUids = UserNamespace.Outer?.Uids ?? [],
            OuterGids = UserNamespace.Outer?.Gids ?? [],
        });
    }
}
