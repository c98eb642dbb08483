namespace CrunSharp.Images.Store;

/// <summary>A directory in <c>tmp</c> for one change, locked while its maker lives: what nobody holds, anybody may remove.</summary>
internal sealed class TemporaryPlace : IDisposable
{
    private readonly string _directory;
    private readonly ObjectLock _held;

    private TemporaryPlace(string directory, ObjectLock held) => (_directory, _held) = (directory, held);

    public string this[string name] => Path.Combine(_directory, name);

    public static TemporaryPlace Make(StoreLayout layout)
    {
        while (true)
        {
            string directory = layout.NewTemporary();
            StoreFiles.EnsureDirectory(directory);

            // Before it is locked another may take it for a leftover: then there is nothing to lock any more.
            if (ObjectLock.TryTake(directory, exclusive: true, out _) is { } held)
            {
                return new TemporaryPlace(directory, held);
            }
        }
    }

    /// <summary>Removes it with all that is still in it.</summary>
    public void Dispose()
    {
        StoreFiles.RemoveTree(_directory);
        _held.Dispose();
    }
}
