using CrunSharp.Images;
using CrunSharp.Oci;

namespace CrunSharp.Engine;

public sealed partial class ContainerEngine
{
    public IReadOnlyList<Container> List() => Containers.List(_warn);

    /// <summary>Takes a name from an image, and with the last one the image.</summary>
    /// <exception cref="CrunException">There is none such, or a container was made from it.</exception>
    public ImageRemoval RemoveImage(string nameOrId, bool force)
    {
        StoredImage image = GetImage(nameOrId);
        if (Containers.List().FirstOrDefault(container => container.Record.ImageId == image.Id) is { } user && image.Tags.Count <= 1)
        {
            throw new CrunException($"cannot remove the image '{nameOrId}'", $"the container {user.Name} ({user.ShortId}) was made from it")
            {
                Hints = [user.IsRunning ? $"crun-sharp rm -f {user.Name}" : $"crun-sharp rm {user.Name}"],
            };
        }

        return Images.Remove(nameOrId, force);
    }

    /// <exception cref="CrunException">The store has none of this name or id.</exception>
    public StoredImage GetImage(string nameOrId) =>
        Images.Find(nameOrId) ?? throw new CrunException($"cannot find the image '{nameOrId}'", "the store has none of this name or id")
        {
            Hints = ["crun-sharp images", $"crun-sharp pull {nameOrId}"],
        };
}
