using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.Engine;

public sealed partial class ContainerStore
{
    /// <summary>Where the name points, for the list of what a monitor removes.</summary>
    public string NamePath(string name) => $"{_names}/{name}";

    /// <summary>Making a link either succeeds or finds it there: that is all the uniqueness needs.</summary>
    private bool TakeName(string name, ContainerId id)
    {
        if (TryLink(name, id))
        {
            return true;
        }

        // A name whose container is gone is free. One taker at a time, or two would take the same one.
        using FileLock taking = FileLock.Acquire(NamesLock);
        if (NameOwner(name) is { } owner && IsMadeOrBeingMade(owner))
        {
            return false;
        }

        File.Delete(NamePath(name));
        return TryLink(name, id);
    }

    private bool TryLink(string name, ContainerId id)
    {
        try
        {
            File.CreateSymbolicLink(NamePath(name), $"../containers/{id}");
            return true;
        }
        catch (IOException) when (NameOwner(name) is not null)
        {
            return false;
        }
    }

    private string? NameOwner(string name)
    {
        try
        {
            return new FileInfo(NamePath(name)).LinkTarget is { } target ? Path.GetFileName(target) : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    // In this order: what is being made becomes what is made, never the reverse.
    private bool IsMadeOrBeingMade(string id) => IsBeingMade(id) || Exists(id);

    private bool IsBeingMade(string id) =>
        Directory.EnumerateDirectories(_containers, $"{Fresh}{id}.*").Any(static path => RunMarks.IsMakerAlive(Path.GetFileName(path)));

    private bool Exists(string id) => File.Exists(new ContainerDirectory($"{_containers}/{id}").Record);

    /// <summary>Takes away names whose container is gone: a monitor was killed between the one and the other.</summary>
    private void DropLostNames()
    {
        foreach (string link in Directory.EnumerateFileSystemEntries(_names))
        {
            string name = Path.GetFileName(link);
            if (NameOwner(name) is { } owner && !Exists(owner))
            {
                using FileLock taking = FileLock.Acquire(NamesLock);
                if (!IsMadeOrBeingMade(owner))
                {
                    DropName(name, owner);
                }
            }
        }
    }

    private void DropNames(string id)
    {
        foreach (string link in Directory.EnumerateFileSystemEntries(_names))
        {
            if (NameOwner(Path.GetFileName(link)) == id)
            {
                File.Delete(link);
            }
        }
    }
}
