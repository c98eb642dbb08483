using System.Text.Json;
using CrunSharp.Linux;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Runtime;

/// <summary>The directories of the state root, one per container: its record, its spec, and the socket that starts it.</summary>
/// <remarks>A container is created for as long as its start socket is there; whether it runs, only its process can say.</remarks>
internal sealed class ContainerStore(string root)
{
    private const int O_DIRECTORY = 0x10000;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xef, 0xbb, 0xbf];

    public string DirectoryOf(ContainerId id) => Path.Join(root, id.Value);

    public string StartSocketOf(ContainerId id) => Path.Join(root, id.Value, "start.sock");

    private string RecordOf(ContainerId id) => Path.Join(root, id.Value, "state.json");

    /// <summary>Takes the id: of two callers at once, one gets it.</summary>
    /// <exception cref="CrunException">The id is taken.</exception>
    public void Create(ContainerId id)
    {
        try
        {
            HostPaths.EnsureDirectory(root, 0x1c0 /* 0700 */);
            if (HostPaths.TryMakeDirectory(DirectoryOf(id), 0x1c0))
            {
                return;
            }
        }
        catch (LinuxException failure)
        {
            throw new CrunException($"cannot keep the state of container '{id}'", failure.Message, failure);
        }

        throw new CrunException("container with given ID already exists", $"'{id}' is in {root}");
    }

    /// <remarks>
    /// Replaced whole, but not synced: it is about processes, which no power failure survives, and holds the id of the boot.
    /// </remarks>
    public void WriteRecord(ContainerId id, ContainerRecord record, ReadOnlySpan<byte> spec)
    {
        string path = RecordOf(id);
        try
        {
            HostPaths.Replace(path, record.ToJson(spec.StartsWith(ByteOrderMark) ? spec[3..] : spec), sync: false);
        }
        catch (LinuxException failure)
        {
            throw new CrunException($"cannot write '{path}'", failure.Message, failure);
        }
    }

    /// <summary>Null when there is no container of this id, or it is only being made.</summary>
    public ContainerRecord? TryRead(ContainerId id)
    {
        byte[]? bytes = Descriptors.TryReadAll(RecordOf(id));
        return bytes is null ? null : Parse(id, bytes, out _);
    }

    /// <exception cref="CrunException">There is no container of this id.</exception>
    public ContainerRecord Read(ContainerId id) =>
        TryRead(id) ?? throw Absent(id);

    /// <summary>The spec as it was when the container was made, whatever became of the bundle.</summary>
    public Spec ReadSpec(ContainerId id)
    {
        byte[] bytes = Descriptors.TryReadAll(RecordOf(id)) ?? throw Absent(id);
        _ = Parse(id, bytes, out Range spec);
        return SpecReader.Read(bytes.AsSpan()[spec]);
    }

    public IReadOnlyList<ContainerId> List()
    {
        if (!Directory.Exists(root))
        {
            return [];
        }

        List<ContainerId> ids = [];
        foreach (string directory in Directory.EnumerateDirectories(root))
        {
            string name = Path.GetFileName(directory);
            if (ContainerId.TryParse(name, out ContainerId? id) && HostPaths.Exists(RecordOf(id)))
            {
                ids.Add(id);
            }
        }

        ids.Sort((one, other) => string.CompareOrdinal(one.Value, other.Value));
        return ids;
    }

    /// <summary>Keeps every other caller away from this container; null when it is gone.</summary>
    public SafeFileHandle? TryLock(ContainerId id)
    {
        SafeFileHandle? directory = Descriptors.TryOpen(DirectoryOf(id), O_DIRECTORY);
        if (directory is not null)
        {
            Descriptors.Lock(directory);
        }

        return directory;
    }

    /// <summary>Removes the directory; absent is fine.</summary>
    public void Remove(ContainerId id)
    {
        string directory = DirectoryOf(id);

        // What we made ourselves, first: a tree walk is for what a crash left behind.
        _ = HostPaths.Unlink(RecordOf(id));
        if (HostPaths.RemoveDirectory(directory) != 0 && Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private CrunException Absent(ContainerId id) => new("container does not exist", $"there is no '{id}' in {root}");

    private static ContainerRecord Parse(ContainerId id, byte[] bytes, out Range spec)
    {
        try
        {
            return ContainerRecord.Parse(bytes, out spec);
        }
        catch (JsonException failure)
        {
            throw new CrunException($"cannot read the state of container '{id}'", failure.Message, failure);
        }
    }
}
