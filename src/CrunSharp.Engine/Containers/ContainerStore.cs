using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.Engine;

/// <summary>The containers beneath one root: <c>containers/ID/</c> each, and <c>names/NAME</c> pointing there.</summary>
/// <remarks>
/// A directory under its id always has a record: it is filled as <c>.new-ID.PID.START</c> and renamed, and renamed to
/// <c>.old-ID</c> before it is taken apart. Whoever finds one whose maker is gone, or whose lock nobody holds, may remove it.
/// </remarks>
public sealed partial class ContainerStore
{
    private const string Fresh = ".new-";
    private const string Removed = ".old-";
    private readonly string _containers;
    private readonly string _names;

    private readonly RunMarks _marks;

    private string NamesLock => $"{_names}/.lock";

    /// <param name="root">Keeps the containers.</param>
    /// <param name="runRoot">Goes with the boot.</param>
    public ContainerStore(string root, string runRoot)
    {
        _marks = new RunMarks(runRoot);
        _containers = $"{root}/containers";
        _names = $"{root}/names";
        CreatePrivate(_containers);
        if (!Directory.Exists(_names))
        {
            CreatePrivate(_names);
            FileLock.Acquire(NamesLock).Dispose();
        }
    }

    /// <summary>Makes a container's directory and takes its name; the caller holds its lock until the result is disposed.</summary>
    /// <param name="name">Null: one is made up.</param>
    /// <param name="describe">Gives the record for this id and name.</param>
    /// <exception cref="CrunException">The name is taken.</exception>
    public CreatedContainer Create(string? name, Func<ContainerId, string, ContainerRecord> describe)
    {
        if (name is not null)
        {
            ContainerNames.Check(name);
        }

        ContainerId id = ContainerId.Parse(Convert.ToHexStringLower(KernelRandom.Bytes(32)));
        ProcessIdentity maker = ProcessIdentity.Current;
        ContainerDirectory fresh = new($"{_containers}/{Fresh}{id}.{maker.Pid}.{maker.StartTime}");
        ContainerDirectory directory = new($"{_containers}/{id}");
        _marks.Make(id);
        FileLock? held = null;
        try
        {
            CreatePrivate(fresh.Path);
            held = FileLock.Acquire(fresh.Lock);
            string taken = name ?? "";
            for (int attempt = 0; ; attempt++)
            {
                taken = name ?? ContainerNames.Generate(attempt);
                if (TakeName(taken, id))
                {
                    break;
                }

                if (name is not null)
                {
                    throw new CrunException($"cannot name the container '{name}'", $"the container {NameOwner(name)} has this name")
                    {
                        Hints = [$"crun-sharp rm -f {name}", "or choose another name"],
                    };
                }
            }

            ContainerRecord record = describe(id, taken);
            Write(fresh, record);
            HostPaths.Rename(fresh.Path, directory.Path);
            if (!record.AutoRemove)
            {
                AtomicFile.SyncDirectory(_containers);
            }

            return new CreatedContainer(directory, record, held);
        }
        catch
        {
            DropNames(id.Value);
            DeleteTree(fresh.Path);
            _marks.Remove(id.Value);
            held?.Dispose();
            throw;
        }
    }

    /// <summary>Replaces the record. One that goes with its container need not outlive a power failure.</summary>
    public static void Write(ContainerDirectory directory, ContainerRecord record) =>
        AtomicFile.Write(directory.Record, ContainerRecordJson.Write(record), durable: !record.AutoRemove);

    /// <summary>Every container, the newest first; one whose record cannot be read is told to <paramref name="warn"/> and left out.</summary>
    public IReadOnlyList<Container> List(Action<string>? warn = null)
    {
        List<Container> containers = [];
        foreach (string path in Directory.EnumerateDirectories(_containers))
        {
            if (Path.GetFileName(path)[0] == '.')
            {
                continue;
            }

            try
            {
                containers.Add(Container.Read(new ContainerDirectory(path)));
            }
            catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
            {
                // It went while we looked.
            }
            catch (CrunException failure)
            {
                warn?.Invoke(failure.Message);
            }
        }

        containers.Sort((first, second) => second.Record.Created.CompareTo(first.Record.Created));
        return containers;
    }

    /// <summary>The container with this id, this name, or the only one whose id begins so.</summary>
    /// <exception cref="CrunException">There is none, or there are several.</exception>
    public Container Get(string nameOrId) => Find(nameOrId) ?? throw Unknown(nameOrId);

    /// <summary>As <see cref="Get"/>; null where there is none.</summary>
    public Container? Find(string nameOrId)
    {
        // What no name and no id contains could mean more than one file below: a path, or a pattern.
        if (nameOrId.Length == 0 || nameOrId[0] == '.' || nameOrId.AsSpan().ContainsAny("/\0*?"))
        {
            return null;
        }

        if (TryRead(nameOrId) is { } byId)
        {
            return byId;
        }

        if (NameOwner(nameOrId) is { } owner && TryRead(owner) is { } byName)
        {
            return byName;
        }

        List<string> matches = [.. Directory.EnumerateDirectories(_containers, $"{nameOrId}*").Take(2)];
        return matches switch
        {
            [string only] when TryRead(Path.GetFileName(only)) is { } byPrefix => byPrefix,
            [_, _] => throw new CrunException($"cannot find the container '{nameOrId}'", "several ids begin so; write more of it"),
            _ => null,
        };
    }

    private Container? TryRead(string id)
    {
        ContainerDirectory directory = new($"{_containers}/{id}");
        try
        {
            return Container.Read(directory);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static CrunException Unknown(string nameOrId) =>
        new($"cannot find the container '{nameOrId}'", "none has this name or id") { Hints = ["crun-sharp ps -a"] };

    private static void CreatePrivate(string path) =>
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
}

/// <summary>A container that this process has just made; its lock is held until the end of this.</summary>
public sealed class CreatedContainer(ContainerDirectory directory, ContainerRecord record, FileLock held) : IDisposable
{
    public ContainerDirectory Directory { get; } = directory;

    public ContainerRecord Record { get; private set; } = record;

    public void Update(ContainerRecord record)
    {
        ContainerStore.Write(Directory, record);
        Record = record;
    }

    public void Dispose() => held.Dispose();
}
