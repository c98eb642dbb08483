namespace CrunSharp.Observe;

/// <summary>One part of what is said of a container: a table, and a sentence that tells how to read it.</summary>
/// <param name="Name">A word for programs.</param>
public sealed record Section(string Name, string Title, string About, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows);

/// <summary>The living container to look at.</summary>
public sealed record Subject
{
    /// <summary>Its first process.</summary>
    public required int Pid { get; init; }

    public required ContainerFacts Made { get; init; }

    /// <summary>Directories of the image's layers, the topmost first, and where the container's own changes lie.</summary>
    public required IReadOnlyList<string> Layers { get; init; }

    public required string Scratch { get; init; }

    /// <summary>Where this process's own ids lie outside; empty as root.</summary>
    public IReadOnlyList<Linux.IdExtent> OuterUids { get; init; } = [];

    public IReadOnlyList<Linux.IdExtent> OuterGids { get; init; } = [];
}

/// <summary>Everything that can be told of a living container and its host, side by side.</summary>
public static class Inspection
{
    public static IReadOnlyList<Section> Of(Subject subject)
    {
        ProcessFacts first = ProcessFacts.TryRead(subject.Pid) ?? throw new Oci.CrunException("cannot look at the container", "its first process has ended");
        IReadOnlyList<ProcessFacts> processes = ProcessView.Living();
        return
        [
            NamespaceView.Of(first, processes),
            IdView.Of(first, subject),
            CapabilityView.Of(first),
            SeccompView.Of(first, subject.Made.Filter),
            CgroupView.Of(first),
            MountView.Of(first, subject.Made.Spec),
            LayerView.Of(subject),
            SharedView.Of(first),
            ProcessView.Of(first, processes),
        ];
    }
}
