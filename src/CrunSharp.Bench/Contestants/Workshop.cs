using CrunSharp.Bundles;
using CrunSharp.Engine;
using CrunSharp.Images;
using CrunSharp.Machines;
using CrunSharp.Oci;
using CrunSharp.Runtime;

namespace CrunSharp.Bench;

/// <summary>The image in every form that a contestant needs, in one directory that is removed at the end.</summary>
public sealed class Workshop : IDisposable
{
    /// <summary>The names of all cgroups of the bench begin so. None has a parent that would stay behind.</summary>
    public const string CgroupName = "crun-sharp-bench";

    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly Footprint _footprint;

    private Workshop(ContainerEngine engine, StoredImage image, string reference, Footprint footprint, int memoryMiB)
    {
        _footprint = footprint;
        string directory = footprint.Directory;
        Engine = engine;
        Image = image;
        Reference = reference;
        Directory = directory;
        MemoryMiB = memoryMiB;
        Tree = $"{directory}/tree";
        Guest = $"{directory}/guest";
        Variables = [.. Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().Select(static variable => $"{variable.Key}={variable.Value}"), MarkVariable];
    }

    public ContainerEngine Engine { get; }

    public StoredImage Image { get; }

    public string Reference { get; }

    public string Directory { get; }

    /// <summary>The image's files, with our program beside them.</summary>
    public string Tree { get; }

    /// <summary>Our program, as a file of the host.</summary>
    public string Guest { get; }

    /// <summary>For the environment of programs inside: whose they are.</summary>
    public string MarkVariable => _footprint.MarkVariable;

    /// <summary>Our own environment with the mark, for contestants that nobody else uses meanwhile.</summary>
    public IReadOnlyList<string> Variables { get; }

    /// <summary>The same limit for every container and machine.</summary>
    public int MemoryMiB { get; }

    /// <summary>CPUs of every contestant, as the kernel writes lists; null: all.</summary>
    public string? Cpus { get; init; }

    public MachineImage Machine { get; private set; } = null!;

    /// <summary>docker's default filter, compiled.</summary>
    public string Filter => $"{Directory}/filter.bpf";

    public Spec Spec { get; private set; } = null!;

    public static Workshop Open(ContainerEngine engine, StoredImage image, string reference, int memoryMiB, string? cpus)
    {
        Workshop workshop = new(engine, image, reference, Footprint.Make(engine.Paths), memoryMiB) { Cpus = cpus };
        try
        {
            workshop.Fill();
            return workshop;
        }
        catch
        {
            workshop.Dispose();
            throw;
        }
    }

    /// <summary>A bundle whose root is the tree, with docker's default isolation.</summary>
    public string MakeBundle(string name, BenchProgram program)
    {
        string bundle = $"{Directory}/bundles/{name}";
        System.IO.Directory.CreateDirectory(bundle, Private);
        Spec spec = Spec with
        {
            // crun before 1.9 takes no newer one; nothing here needs it.
            OciVersion = "1.0.2",
            Root = new Root { Path = Tree },
            Process = Spec.Process! with { Args = program.Arguments },
            Linux = Spec.Linux! with { CgroupsPath = Spec.Linux!.CgroupsPath is null ? null : $"/{CgroupName}-{name}" },
        };
        File.WriteAllBytes($"{bundle}/config.json", SpecWriter.Write(spec));
        return bundle;
    }

    public void Dispose() => _footprint.Dispose();

    private void Fill()
    {
        // Others than root look into it too: a container's root in a user namespace of its own.
        File.SetUnixFileMode(Directory, (UnixFileMode)0b111_101_101);
        System.IO.Directory.CreateDirectory(Tree);
        System.IO.Directory.CreateDirectory($"{Directory}/machines", Private);
        Engine.CopyTree(Image, Tree);
        GuestProgram.WriteTo(Guest);
        Machine = MachineImage.Prepare(Tree, $"{Directory}/machines");
        Spec = ContainerEngine.MakeSpec(Image, new RunOptions
        {
            ContainerId = "bench",
            Network = NamespaceChoice.Private,
            Command = [GuestProgram.PathInside, "probe", "hello"],
            Entrypoint = "",
            Resources = new ResourceOptions { Memory = (long)MemoryMiB << 20, CpusetCpus = Cpus },
        });
        Spec = Spec with { Process = Spec.Process! with { Env = [.. Spec.Process!.Env, MarkVariable] } };
        if (CompiledFilter.Of(Spec) is { } filter)
        {
            File.WriteAllBytes(Filter, filter);
        }
    }
}
